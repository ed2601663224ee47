namespace VitGrid.Transport.Tests;

public sealed class DataPlaneOptionsTests
{
    [Fact]
    public void Defaults_are_the_documented_ones_and_without_fault()
    {
        DataPlaneConfiguration configuration = new();
        Assert.Empty(configuration.Faults());
        Assert.Equal(("127.0.0.1", 0, null, true, false),
            (configuration.ListenAddress, configuration.Port, configuration.AdvertisedHost, configuration.UnixSocket,
                configuration.AllowPlaintext));
        DataPlaneOptions limits = configuration.Limits;
        Assert.Equal((250, 1_500, 2_000, 5_000),
            (configuration.PingMilliseconds, configuration.SilenceMilliseconds, limits.ConnectMilliseconds, limits.CloseMilliseconds));
        Assert.Equal((1 << 30, 64 << 10, 512L << 20), (limits.MaxBodyBytes, limits.MaxHeadBytes, limits.KeptBufferBytes));
        Assert.Equal((2_000, 128, 64), (limits.GreetingMilliseconds, limits.MaxGreetings, limits.MaxGreetingsPerAddress));
        Assert.Equal((1_024, 256, 4L << 30), (limits.MaxLinks, limits.MaxLinksPerAddress, limits.MaxReceivingBytes));
    }

    [Fact]
    public void Beyond_loopback_certificates_are_needed_or_plain_text_is_allowed_by_name()
    {
        DataPlaneConfiguration open = new() { ListenAddress = "0.0.0.0", AdvertisedHost = "worker-1" };
        Assert.Contains(
            "set VitGrid:Cluster:AllowPlaintext in a network you trust", Assert.Single(open.Faults()), StringComparison.Ordinal);
        Assert.Empty((open with { AllowPlaintext = true }).Faults());
        Assert.Contains("set VitGrid:Cluster:AdvertisedHost", Assert.Single(
            (open with { AllowPlaintext = true, AdvertisedHost = null }).Faults()), StringComparison.Ordinal);
        Assert.Equal(
            ["the data plane's address is 'somewhere'; give an IP address, such as 127.0.0.1 or 0.0.0.0"],
            (open with { ListenAddress = "somewhere" }).Faults());
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        await using PlanePair pair = new();
        DataPlaneException refused = Assert.Throws<DataPlaneException>(() =>
            pair.Start(new() { Port = pair.Left.Endpoint.Port }, new("grid", "late", 1), _ => pair.KeepAsync));
        Assert.Contains($"cannot listen on 127.0.0.1:{pair.Left.Endpoint.Port}", refused.Message, StringComparison.Ordinal);
        Assert.Contains("VitGrid:Cluster:DataPort", refused.Message, StringComparison.Ordinal);
    }
}
