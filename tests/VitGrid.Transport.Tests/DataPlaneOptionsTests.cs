namespace VitGrid.Transport.Tests;

public sealed class DataPlaneOptionsTests
{
    [Fact]
    public void Defaults_are_the_documented_ones_and_without_fault()
    {
        DataPlaneOptions options = new();
        Assert.Empty(options.Faults());
        Assert.Equal(("127.0.0.1", 0, null, true, false),
            (options.ListenAddress, options.Port, options.AdvertisedHost, options.UnixSocket, options.AllowPlaintext));
        Assert.Equal((250, 1_500, 2_000, 5_000),
            (options.PingMilliseconds, options.SilenceMilliseconds, options.ConnectMilliseconds, options.CloseMilliseconds));
        Assert.Equal((1 << 30, 64 << 10, 512L << 20), (options.MaxBodyBytes, options.MaxHeadBytes, options.KeptBufferBytes));
    }

    [Fact]
    public void All_faults_are_listed_at_once_with_value_and_bounds()
    {
        DataPlaneOptions options =
            new() { ListenAddress = "somewhere", Port = -1, PingMilliseconds = 1_000, MaxHeadBytes = 0, KeptBufferBytes = -1 };
        Assert.Equal(
            [
                "DataPlane:ListenAddress is 'somewhere'; give an IP address, such as 127.0.0.1 or 0.0.0.0",
                "DataPlane:Port is -1; allowed is 0 to 65535",
                "DataPlane:SilenceMilliseconds is 1500; allowed is 2000 to 600000",
                "DataPlane:MaxHeadBytes is 0; allowed is 1024 to 1048576",
                "DataPlane:KeptBufferBytes is -1; allowed is 0 to 1099511627776",
            ],
            options.Faults());
    }

    [Fact]
    public void Beyond_loopback_certificates_are_needed_or_plain_text_is_allowed_by_name()
    {
        DataPlaneOptions open = new() { ListenAddress = "0.0.0.0", AdvertisedHost = "worker-1" };
        Assert.Contains("set DataPlane:AllowPlaintext in a network you trust", Assert.Single(open.Faults()), StringComparison.Ordinal);
        Assert.Empty((open with { AllowPlaintext = true }).Faults());
        Assert.Contains("set DataPlane:AdvertisedHost", Assert.Single(
            (open with { AllowPlaintext = true, AdvertisedHost = null }).Faults()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        await using PlanePair pair = new();
        DataPlaneException refused = Assert.Throws<DataPlaneException>(() =>
            pair.Start(new() { Port = pair.Left.Endpoint.Port }, new("grid", "late", 1), _ => pair.KeepAsync));
        Assert.Contains($"cannot listen on 127.0.0.1:{pair.Left.Endpoint.Port}", refused.Message, StringComparison.Ordinal);
    }
}
