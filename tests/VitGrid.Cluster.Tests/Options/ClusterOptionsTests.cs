using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using VitGrid.Cluster.Options;
using VitGrid.Cluster.Tests.Grid;
using VitGrid.Engine.Options;
using VitGrid.Transport;

namespace VitGrid.Cluster.Tests.Options;

/// <summary>Where a process of a grid listens, and what it must show there.</summary>
public sealed class ClusterOptionsTests : IDisposable
{
    private static readonly string[] Own = [.. NetworkInterface.GetAllNetworkInterfaces()
        .Where(card => card.OperationalStatus == OperationalStatus.Up)
        .SelectMany(card => card.GetIPProperties().UnicastAddresses)
        .Where(unicast => unicast.Address.AddressFamily == AddressFamily.InterNetwork)
        .Select(unicast => unicast.Address.ToString())];

    private readonly TestAuthority _authority = new();

    public static TheoryData<string> OwnAddresses => [.. Own];

    [Fact]
    public void Beyond_loopback_a_start_without_certificates_is_refused_unless_plaintext_is_allowed_by_name()
    {
        ClusterOptions open = new() { Redis = "127.0.0.1:6379", AdvertisedHost = "192.0.2.7" };
        Assert.Equal(
            ["VitGrid:Cluster:AdvertisedHost is 192.0.2.7, so traffic would leave the machine unencrypted; set VitGrid:Cluster:Tls, or "
                + "VitGrid:Cluster:AllowPlaintext=true in a network you trust"],
            Faults(open));
        Assert.Empty(Faults(open with { AllowPlaintext = true }));
        Assert.Empty(Faults(open with { Tls = Tls() }));
        Assert.Empty(Faults(open with { AdvertisedHost = null }));
    }

    [Fact]
    public void A_remote_redis_alone_takes_a_process_off_loopback()
    {
        Assert.All(Own.Where(address => !IPAddress.IsLoopback(IPAddress.Parse(address))), address => Assert.Contains(
            $"VitGrid:Cluster:AdvertisedHost is {address}, so traffic would leave the machine unencrypted",
            Assert.Single(Faults(new() { Redis = $"{address}:6379" })),
            StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(OwnAddresses))]
    public void The_own_address_is_the_one_from_which_redis_is_reached(string redis) =>
        Assert.Equal(IPAddress.Parse(redis), ClusterAddress.From(new() { Redis = $"{redis}:6379,password=x" }));

    [Theory]
    [InlineData("localhost:6379", null, "127.0.0.1")]
    [InlineData("[::1]:6379", null, "::1")]
    [InlineData(null, "name.invalid", "127.0.0.1")]
    [InlineData("192.0.2.1:6379", "198.51.100.2", "198.51.100.2")]
    [InlineData("192.0.2.1:6379", "name.invalid", null)]
    public void A_configured_address_wins_and_a_redis_on_loopback_keeps_the_grid_there(
        string? redis, string? advertised, string? expected) =>
        Assert.Equal(expected, ClusterAddress.From(new() { Redis = redis, AdvertisedHost = advertised })?.ToString());

    [Fact]
    public void An_address_that_is_not_listened_on_is_a_fault()
    {
        ClusterOptions six = new() { Redis = "[::1]:6379", AllowPlaintext = true };
        Assert.Equal(
            ["VitGrid:Cluster:AdvertisedHost is 2001:db8::7; beyond loopback this version listens on IPv4 only: name an IPv4 address"],
            Faults(six with { AdvertisedHost = "2001:db8::7" }));
        Assert.Empty(Faults(six));
    }

    [Fact]
    public void A_name_without_an_address_is_a_fault() => Assert.Equal(
        ["VitGrid:Cluster:AdvertisedHost is name.invalid, and no address of this process follows from that; name one under which the "
            + "others reach it"],
        Faults(new() { Redis = "127.0.0.1:6379", AdvertisedHost = "name.invalid" }));

    [Fact]
    public void Certificates_that_cannot_be_used_are_all_told_before_anything_starts()
    {
        TlsOptions good = Tls();
        Assert.Equal(
            [
                "VitGrid:Cluster:Id is 'a b'; it takes 1–64 of letters, digits, -, _, .",
                "VitGrid:Cluster:Tls:Certificate is '/no/tls.crt'; there is no such file",
                "VitGrid:Cluster:Tls:Authority is '/no/ca.crt'; there is no such file",
            ],
            Faults(new() { Redis = "127.0.0.1:6379", Id = "a b",
                Tls = good with { Certificate = "/no/tls.crt", Authority = "/no/ca.crt" } }));
        string unreadable = Assert.Single(Faults(new() { Redis = "127.0.0.1:6379", Tls = good with { Key = good.Authority } }));
        Assert.StartsWith($"VitGrid:Cluster:Tls cannot be used (Certificate '{good.Certificate}', Key '{good.Authority}'", unreadable,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_membership_behind_a_url_gives_the_address_as_with_host_and_port()
    {
        GridOptions options = new() { Models = [], Devices = [], Cluster = new() { Redis = "redis://:s3cret@127.0.0.1:6379" } };
        Assert.Empty(StartCheck.Faults(options));
        Assert.Equal(IPAddress.Loopback, ClusterAddress.From(options.Cluster));
    }

    [Fact]
    public void Addresses_of_Redis_that_cannot_be_read_are_all_told_by_their_settings()
    {
        GridOptions options = TestGrid.Options() with
        {
            Cluster = new() { Redis = "redis://:s3cret@a/zero" },
            Cache = new() { Redis = "password=s3cret" },
            Indexing = new() { Redis = "http://c" },
        };
        IReadOnlyList<string> faults = StartCheck.Faults(options);
        Assert.Collection(
            faults,
            fault => Assert.StartsWith("VitGrid:Cluster:Redis is 'redis://a/zero'", fault, StringComparison.Ordinal),
            fault => Assert.StartsWith("VitGrid:Cache:Redis is ''", fault, StringComparison.Ordinal),
            fault => Assert.StartsWith("VitGrid:Indexing:Redis is 'http://c'", fault, StringComparison.Ordinal));
        Assert.DoesNotContain(faults, fault => fault.Contains("s3cret", StringComparison.Ordinal));
    }

    public void Dispose() => _authority.Dispose();

    private static string[] Faults(ClusterOptions cluster) => [.. StartCheck.Faults(TestGrid.Options() with { Cluster = cluster })];

    private TlsOptions Tls()
    {
        DataPlaneTls files = _authority.Issue("member");
        return new() { Certificate = files.Certificate, Key = files.Key, Authority = files.Authority };
    }
}
