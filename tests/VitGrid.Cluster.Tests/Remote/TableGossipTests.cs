using VitGrid.Cluster.Contracts;

namespace VitGrid.Cluster.Tests.Remote;

public sealed class TableGossipTests
{
    [Fact]
    public async Task A_newer_table_goes_over_every_link_and_an_older_one_changes_nothing()
    {
        await using WireNode first = new("first"), second = new("second"), third = new("third");
        second.Friends.Add("first");
        await first.Peers.LinkAsync(second.Address, default);
        await third.Peers.LinkAsync(first.Address, default);
        first.Table.Offer(Table(5));
        Assert.Equal(5, (await second.TableAboveAsync(4)).Version);
        Assert.Equal(5, (await third.TableAboveAsync(4)).Version);
        second.Table.Offer(Table(4));
        Assert.Equal(5, second.Table.Current.Version);
        second.Table.Offer(Table(6));
        Assert.Equal(6, (await third.TableAboveAsync(5)).Version);
    }

    [Fact]
    public async Task Whoever_links_is_told_the_table_at_once_and_a_newer_one_of_its_own_stays()
    {
        await using WireNode first = new("first"), second = new("second"), newer = new("newer");
        first.Table.Offer(Table(5));
        newer.Table.Offer(Table(7));
        await newer.Peers.LinkAsync(first.Address, default);
        await second.Peers.LinkAsync(first.Address, default);
        Assert.Equal(5, (await second.TableAboveAsync(0)).Version);
        Assert.Equal(7, newer.Table.Current.Version);
    }

    [Fact]
    public async Task A_table_larger_than_a_frames_head_arrives_too()
    {
        await using WireNode first = new("first"), second = new("second");
        second.Friends.Add("first");
        await first.Peers.LinkAsync(second.Address, default);
        GridTable large = Table(5, nodes: 2_000);
        Assert.True(first.Frames.Write(large).Length > 64 << 10);
        first.Table.Offer(large);
        Assert.Equal(2_000, (await second.TableAboveAsync(4)).Nodes.Length);
    }

    private static GridTable Table(long version, int nodes = 0) => new(
        version, [], [.. Enumerable.Range(0, nodes).Select(
            i => new NodeRow(new($"node-{i}", i, new($"10.0.{i / 256}.{i % 256}", 1, null, $"machine-{i}")), i, false, []))]);
}
