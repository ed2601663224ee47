using VitGrid.Cluster.Options;

namespace VitGrid.Cluster.Tests.Options;

public sealed class UrlFetchOptionsTests
{
    [Fact]
    public void Settings_that_mean_nothing_are_all_told()
    {
        List<string> faults = [];
        UrlFetchOptionsCheck.Check(
            new() { Hosts = ["a b", "*.ok.org"], Addresses = ["10.0.0.0/8", "10.0.0.0/99"], Ports = [
                "0", "443"], MaxRedirects = 11, TimeoutMilliseconds = 1 }, faults);
        Assert.Equal(5, faults.Count);
        Assert.All(new[] { "Hosts holds 'a b'", "Addresses holds '10.0.0.0/99'", "Ports holds '0'", "MaxRedirects is 11",
            "TimeoutMilliseconds is 1" },
            told => Assert.Contains(faults, fault => fault.StartsWith($"UrlFetch:{told}", StringComparison.Ordinal)));
    }
}
