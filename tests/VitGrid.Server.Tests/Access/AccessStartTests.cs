using VitGrid.Access.Options;
using VitGrid.Server.Hosting;
using VitGrid.Server.Hosting.Access;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Tests.Api;
using VitGrid.Server.Tests.Verbs;

namespace VitGrid.Server.Tests.Access;

public sealed class AccessStartTests
{
    [Theory]
    [InlineData("http://127.0.0.1:8080", false)]
    [InlineData("http://127.8.9.1:0", false)]
    [InlineData("http://localhost:1", false)]
    [InlineData("http://[::1]:1", false)]
    [InlineData("http://0.0.0.0:8080", true)]
    [InlineData("http://[::]:8080", true)]
    [InlineData("http://*:8080", true)]
    [InlineData("http://+:8080", true)]
    [InlineData("http://10.0.0.7:8080", true)]
    [InlineData("http://gpu-1:8080", true)]
    public void Keys_are_needed_where_one_address_is_beyond_loopback(string url, bool needed)
    {
        Assert.Equal(needed, AccessDecision.From(null, ["http://127.0.0.1:1", url]).IsRequired);
        Assert.False(AccessDecision.From(AuthMode.Off, [url]).IsRequired);
        Assert.True(AccessDecision.From(AuthMode.Required, [url]).IsRequired);
    }

    [Fact]
    public void Without_a_key_a_start_beyond_loopback_is_refused_with_the_remedy()
    {
        using TemporaryFolder folder = new();
        ServerOptions options = new() { Auth = new() { KeyFile = folder.At("keys.json") } };
        OptionsException refused = Assert.Throws<OptionsException>(() => ServerHost.Create(options, _ => { }, "http://0.0.0.0:0"));
        Assert.All(
            ["http://0.0.0.0:0, beyond loopback", folder.At("keys.json"), "vitgrid keys create", "VitGrid:Auth:Mode=off"],
            part => Assert.Contains(part, refused.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_Redis_address_that_is_none_is_a_fault_without_its_password()
    {
        ServerOptions options = new() { Auth = new() { Redis = "redis://u:hidden-word@" } };
        OptionsException refused = Assert.Throws<OptionsException>(() => ServerHost.Create(options, _ => { }, "http://127.0.0.1:0"));
        Assert.Contains("VitGrid:Auth:Redis", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden-word", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_says_where_the_keys_are_and_that_limits_are_counted_alone()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync();
        Assert.Contains("requests need a key of", api.Log, StringComparison.Ordinal);
        Assert.Contains("limits are counted by this process alone", api.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_on_loopback_says_nothing_of_keys()
    {
        await using TestApi door = await TestApi.OpenAsync();
        Assert.DoesNotContain(door.Logs.Lines, line => line.Message.Contains("key", StringComparison.OrdinalIgnoreCase));
    }
}
