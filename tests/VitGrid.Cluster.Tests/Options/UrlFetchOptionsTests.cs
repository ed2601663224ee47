using VitGrid.Cluster.Options;
using VitGrid.Cluster.Tests.Grid;
using VitGrid.Engine.Options;

namespace VitGrid.Cluster.Tests.Options;

public sealed class UrlFetchOptionsTests
{
    [Fact]
    public void Settings_that_mean_nothing_are_all_told()
    {
        GridOptions options = TestGrid.Options() with
        {
            UrlFetch = new()
            {
                Hosts = ["a b", "*.ok.org"], Addresses = ["10.0.0.0/8", "10.0.0.0/99"], Ports = ["0", "443"], MaxRedirects = 11,
                TimeoutMilliseconds = 1,
            },
        };
        string[] expected = ["Hosts holds 'a b'", "Addresses holds '10.0.0.0/99'", "Ports holds '0'", "TimeoutMilliseconds is '1'",
            "MaxRedirects is '11'"];
        Assert.Equal(
            expected.Select(told => $"VitGrid:UrlFetch:{told}"), StartCheck.Faults(options).Select(fault => fault.Split(';')[0]));
    }
}
