using VitGrid.Cluster.Caching.Redis;
using VitGrid.Cluster.Options;
using VitGrid.Engine.Options;

namespace VitGrid.Cluster.Tests.Caching.Redis;

/// <summary>Keys of the cache as an operator gives them.</summary>
public sealed class CacheSealTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    [Fact]
    public void A_file_has_a_key_a_line()
    {
        File.WriteAllText(_file, $"{new string('a', 32)}\r\n\n  {new string('b', 64)}  \n");
        Assert.Null(CacheKeys.Fault(new() { MacKeyFile = _file }));
        Assert.NotNull(CacheSeal.From(new() { MacKeyFile = _file }));
        Assert.Null(CacheSeal.From(new()));
    }

    [Theory]
    [InlineData("", "there is no key in it")]
    [InlineData("hunter2-hunter2", "its key 1 has 15 characters; at least 32 are needed")]
    public void A_file_without_a_good_key_is_a_fault_that_does_not_say_the_key(string content, string reason)
    {
        File.WriteAllText(_file, content);
        string fault = CacheKeys.Fault(new() { MacKeyFile = _file })!;
        Assert.StartsWith($"VitGrid:Cache:MacKeyFile is '{_file}', and {reason}", fault, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", fault, StringComparison.Ordinal);
        Assert.Throws<GridConfigurationException>(() => CacheSeal.From(new() { MacKeyFile = _file }));
    }

    [Fact]
    public void A_missing_file_stops_the_start_where_there_is_a_Redis()
    {
        GridOptions options = new() { Models = [], Devices = [], Cache = new() { Redis = "127.0.0.1:1", MacKeyFile = "/no/such/file" } };
        Assert.Contains(
            StartCheck.Faults(options), fault => fault.Contains("'/no/such/file', which cannot be read", StringComparison.Ordinal));
    }

    public void Dispose() => File.Delete(_file);
}
