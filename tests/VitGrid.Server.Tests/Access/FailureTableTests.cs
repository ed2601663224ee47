using System.Net;
using Microsoft.Extensions.Time.Testing;
using VitGrid.Server.Api.Access;

namespace VitGrid.Server.Tests.Access;

public sealed class FailureTableTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 29, 12, 0, 15, TimeSpan.Zero));

    [Fact]
    public void Failures_count_by_address_and_minute()
    {
        FailureTable table = new(_time);
        IPAddress one = IPAddress.Parse("192.0.2.1"), other = IPAddress.Parse("192.0.2.2");
        Assert.Equal([(1, 45), (2, 45), (1, 45)], [table.Add(one), table.Add(one), table.Add(other)]);
        _time.Advance(TimeSpan.FromSeconds(45));
        Assert.Equal((1, 60), table.Add(one));
    }

    [Fact]
    public void An_IPv6_network_is_one_peer_and_a_mapped_address_is_its_IPv4()
    {
        FailureTable table = new(_time);
        table.Add(IPAddress.Parse("2001:db8::1"));
        Assert.Equal(2, table.Add(IPAddress.Parse("2001:db8::ffff:2")).Count);
        table.Add(IPAddress.Parse("::ffff:192.0.2.1"));
        Assert.Equal(2, table.Add(IPAddress.Parse("192.0.2.1")).Count);
    }

    [Fact]
    public void A_flood_of_addresses_shares_one_count_in_bounded_memory()
    {
        FailureTable table = new(_time);
        IPAddress known = IPAddress.Parse("192.0.2.1");
        table.Add(known);
        for (int i = 0; i < 10_000; i++)
            table.Add(new IPAddress([10, 1, (byte)(i >> 8), (byte)i]));
        Assert.Equal(FailureTable.MaxPeers + 1, table.Peers);
        Assert.Equal(2, table.Add(known).Count);
        Assert.True(table.Add(IPAddress.Parse("198.51.100.1")).Count > 5_000);
    }
}
