using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Remote;
using VitGrid.Engine.Models;

namespace VitGrid.Cluster.Tests.Remote;

public sealed class HeadLinksTests
{
    [Fact]
    public async Task A_front_end_knows_which_heads_it_reaches_before_any_request_needs_one()
    {
        await using WireNode door = new("door"), head = new("head");
        WireNode gone = new("gone");
        await gone.DisposeAsync();
        HeadLinks links = new(door.Peers, door.Table);
        Assert.True(links.Reaches(gone.Address), "nobody has tried");
        door.Table.Offer(Table(1, (head, ReplicaState.Serving), (gone, ReplicaState.Serving)));
        await links.LinkAsync(CancellationToken.None);
        Assert.True(links.Reaches(head.Address));
        Assert.False(links.Reaches(gone.Address));
        Assert.Equal("head", Assert.Single(door.Peers.Links).Peer.Node);
    }

    [Fact]
    public async Task A_head_whose_link_ends_is_out_of_reach_from_that_moment()
    {
        await using WireNode door = new("door");
        WireNode head = new("head");
        HeadLinks links = new(door.Peers, door.Table);
        door.Table.Offer(Table(1, (head, ReplicaState.Serving)));
        await links.LinkAsync(CancellationToken.None);
        Assert.True(links.Reaches(head.Address));
        await head.DisposeAsync();
        Assert.True(SpinWait.SpinUntil(() => !links.Reaches(head.Address), Waits.Limit), "the head is still said to be in reach");
        await links.LinkAsync(CancellationToken.None);
        Assert.False(links.Reaches(head.Address));
    }

    [Fact]
    public async Task A_head_that_serves_nothing_is_not_linked_to()
    {
        await using WireNode door = new("door"), head = new("head");
        door.Table.Offer(Table(1, (head, ReplicaState.Loading)));
        await new HeadLinks(door.Peers, door.Table).LinkAsync(CancellationToken.None);
        Assert.Empty(door.Peers.Links);
    }

    private static GridTable Table(long version, params (WireNode Head, ReplicaState State)[] replicas)
    {
        ReplicaRow[] rows = [.. replicas.Select((replica, i) => Row(i, replica.Head, replica.State))];
        return new(version, [new(new("m", "f", ""), ModelState.Ready, null, [.. rows])], []);
    }

    private static ReplicaRow Row(int replica, WireNode head, ReplicaState state) =>
        new(new(new("m", replica, 5 + replica), [new(0, 4, head.Address, "cpu:0", 1)]), state, [StageState.Ready], 1);
}
