using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Replica;
using VitGrid.Runtime.Sessions;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>
/// A stage's way to the next one in another process. A credit is a free slot there: without one the batch stays here and the stage waits,
/// so that a slow stage slows the door instead of filling memory. One batch at a time.
/// </summary>
/// <param name="next">The next stage.</param>
/// <param name="peer">Its process.</param>
/// <param name="peers">The way there.</param>
/// <param name="frames">Writes heads of frames.</param>
/// <param name="sent">Told after each batch how long it took to send, without the wait for a slot.</param>
internal sealed class StageOutlet(StageKey next, NodeAddress peer, Peers peers, FrameHeads frames, Action<TimeSpan> sent)
{
    private Passage? _passage;

    /// <summary>Sends a batch's hidden state, once the next stage has a slot. Frees <paramref name="hidden"/>.</summary>
    /// <exception cref="ReplicaLostException">The next stage's process cannot be reached.</exception>
    public async Task SendAsync(BatchTicket ticket, Activation hidden)
    {
        using (hidden)
        {
            Link link = await peers.LinkAsync(peer, CancellationToken.None);
            // A new link starts with every slot free: whatever the old one carried ended with it.
            Passage passage = _passage is { } present && present.Link == link ? present : _passage = new(link);
            await passage.TakeCreditAsync(next);
            long began = Stopwatch.GetTimestamp();
            BatchHead head = new(next, ticket.Batch, ticket.Layers, hidden.Tokens, hidden.Width,
                (int)hidden.ElementType) { Trace = ticket.Trace };
            await link.SendAsync(FrameKinds.Batch, frames.Write(head), hidden.HostHidden, CancellationToken.None);
            sent(Stopwatch.GetElapsedTime(began));
        }
    }

    /// <summary>The next stage has a slot more.</summary>
    public void ReturnCredit(Link link)
    {
        if (_passage is { } passage && passage.Link == link)
            passage.ReturnCredit();
    }

    [SuppressMessage("Design", "CA1001", Justification = "Nobody asks the semaphore for its wait handle: there is nothing to free.")]
    private sealed class Passage(Link link)
    {
        private readonly SemaphoreSlim _credits = new(Stage.Slots, Stage.Slots);

        public Link Link => link;

        public async Task TakeCreditAsync(StageKey next)
        {
            Task taken = _credits.WaitAsync();
            if (await Task.WhenAny(taken, link.Ended) != taken)
                throw new ReplicaLostException($"the link to stage {next} on {link.Peer.Node} ended: {await link.Ended}");
        }

        public void ReturnCredit() => _credits.Release();
    }
}

/// <summary>The outlets of this process's stages, by the stage they lead to.</summary>
internal sealed class StageOutlets
{
    private readonly ConcurrentDictionary<StageKey, (StageOutlet Outlet, Action<long, Exception> Failed)> _outlets = new();
    private readonly FrameHeads _frames;

    public StageOutlets(Peers peers, FrameHeads frames)
    {
        _frames = frames;
        peers.On(FrameKinds.Credit, Credit);
        peers.On(FrameKinds.StaleBatch, Stale);
    }

    /// <summary>Lists an outlet; <paramref name="failed"/> is told of batches that the next stage refuses.</summary>
    public void Add(StageKey next, StageOutlet outlet, Action<long, Exception> failed) => _outlets[next] = (outlet, failed);

    public void Remove(StageKey next) => _outlets.TryRemove(next, out _);

    private ValueTask Credit(Link link, Frame frame)
    {
        if (_outlets.TryGetValue(_frames.Read<StageKey>(frame), out var entry))
            entry.Outlet.ReturnCredit(link);
        return ValueTask.CompletedTask;
    }

    private ValueTask Stale(Link link, Frame frame)
    {
        StaleBatchHead head = _frames.Read<StaleBatchHead>(frame);
        if (_outlets.TryGetValue(head.Stage, out var entry))
            entry.Failed(head.Batch, new ReplicaLostException($"{link.Peer.Node} has no stage {head.Stage}: it was replaced"));
        return ValueTask.CompletedTask;
    }
}
