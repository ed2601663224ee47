using Microsoft.Extensions.Logging.Abstractions;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Remote;
using VitGrid.Engine.Replica;
using VitGrid.Transport;

namespace VitGrid.Cluster.Tests.Remote;

public sealed class PeersTests
{
    [Fact]
    public async Task Links_are_opened_once_and_again_after_they_ended()
    {
        await using WireNode first = new("first"), second = new("second");
        Link[] links = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => first.Peers.LinkAsync(second.Address, default)));
        Assert.Single(links.Distinct());
        await links[0].DisposeAsync();
        Assert.True(SpinWait.SpinUntil(() => !first.Peers.Links.Any(), Waits.Limit), "the link was never forgotten");
        Link again = await first.Peers.LinkAsync(second.Address, default);
        Assert.NotSame(links[0], again);
    }

    [Fact]
    public async Task An_attempt_that_failed_is_not_remembered()
    {
        await using WireNode second = new("second");
        await using Peers early = new(new("early"), NullLogger<Peers>.Instance);
        await Assert.ThrowsAsync<InvalidOperationException>(() => early.LinkAsync(second.Address, default));
        early.Listen(new() { UnixSocket = false }, "grid", 0, (_, _) => ValueTask.CompletedTask, NullLoggerFactory.Instance);
        Assert.Equal("second", (await early.LinkAsync(second.Address, default)).Peer.Node);
    }

    [Fact]
    public async Task Another_incarnation_behind_the_address_is_not_the_peer()
    {
        await using WireNode first = new("first"), second = new("second");
        NodeAddress before = second.Address with { Incarnation = second.Address.Incarnation - 1 };
        await Assert.ThrowsAsync<ReplicaLostException>(() => first.Peers.LinkAsync(before, default));
        Assert.Equal(ConnectFailure.WrongIncarnation, await first.Peers.ProbeAsync(before, default));
        Assert.Null(await first.Peers.ProbeAsync(second.Address, default));
    }

    [Fact]
    public async Task A_break_loses_what_goes_through_the_peer_and_a_probe_that_ends_does_not()
    {
        await using WireNode head = new("head"), stage = new("stage");
        ReplicaLayout layout = WireNode.Layout(head, stage);
        using ReplicaMonitor watch = new(() => [layout], head.Heads, head.Peers, NullLogger<ReplicaMonitor>.Instance);
        LocalReplicaHead replica = new(layout.Key, layout.Window, _ => ValueTask.CompletedTask, new(Waits.Limit));
        head.Heads.Add(replica);
        Task<BatchAnswer> batch = replica.RunAsync(new([NumberedPixels.From(1)], [4]));
        TaskCompletionSource<LinkEnd> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        head.Peers.Ended += (_, end) => ended.TrySetResult(end);
        Assert.Null(await stage.Peers.ProbeAsync(head.Address, default));
        Assert.False((await ended.Task.WaitAsync(Waits.Limit)).IsBreak);
        Assert.False(batch.IsCompleted);
        // Nobody has a use for this kind: the link ends as a broken one.
        Link link = await head.Peers.LinkAsync(stage.Address, default);
        await link.SendAsync(999, default, default);
        await Assert.ThrowsAsync<ReplicaLostException>(() => batch.WaitAsync(Waits.Limit));
    }
}
