using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Runtime.Sessions;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>
/// The next stage in another process. A credit is a free slot there: without one the batch stays here and the stage waits, so that a slow
/// stage slows the front end instead of filling memory.
/// </summary>
/// <param name="next">The next stage.</param>
/// <param name="peer">Its process.</param>
/// <param name="peers">The way there.</param>
/// <param name="frames">Writes headers.</param>
/// <param name="sent">Called after each batch how long it took to send, without the wait for a slot.</param>
internal sealed class RemoteNextStage(StageKey next, NodeAddress peer, Peers peers, FrameSerializer frames, Action<TimeSpan> sent)
    : INextStage
{
    // Batches with features have slots of their own, and are forwarded beside the others.
    private Passage? _passage;
    private Passage? _features;

    /// <inheritdoc/>
    public async Task ForwardAsync(BatchTicket ticket, Activation hidden)
    {
        using (hidden)
        {
            Link link = await peers.LinkAsync(peer, CancellationToken.None);
            Passage passage = PassageFor(ticket, link);
            await passage.AcquireCreditAsync(next);
            long began = Stopwatch.GetTimestamp();
            BatchHeader header = new(next, ticket.Batch, ticket.Layers, hidden.Tokens, hidden.Width, (int)hidden.ElementType)
            {
                Trace = ticket.Trace,
                RequestIds = ticket.RequestIds,
                Features = ticket.Features is { } features ? Array.ConvertAll(features, FeatureOrderHeader.From) : null,
            };
            ushort kind = ticket.Features is null ? FrameKinds.Batch : FrameKinds.FeatureBatch;
            await link.SendAsync(kind, frames.Write(header), hidden.HostHidden, CancellationToken.None);
            sent(Stopwatch.GetElapsedTime(began));
        }
    }

    /// <summary>Whether batches go over <paramref name="link"/>: nothing else answers them.</summary>
    public bool IsOver(Link link) => _passage?.Link == link || _features?.Link == link;

    /// <summary>Notes that the next stage has a slot more, for batches with or without features.</summary>
    public void ReturnCredit(Link link, bool features)
    {
        if ((features ? _features : _passage) is { } passage && passage.Link == link)
            passage.ReturnCredit();
    }

    /// <summary>A new link starts with every slot free: whatever the old one carried ended with it.</summary>
    private Passage PassageFor(BatchTicket ticket, Link link)
    {
        if (ticket.Features is null)
            return _passage is { } present && present.Link == link ? present : _passage = new(link);
        if (link.Protocol < FrameRules.FeatureProtocol)
            throw new GridException(GridFault.SegmentFailed, Failures.KnowsNoFeatures(peer.Node));
        return _features is { } before && before.Link == link ? before : _features = new(link);
    }

    [SuppressMessage("Design", "CA1001", Justification = "Nobody asks the semaphore for its wait handle: there is nothing to free.")]
    private sealed class Passage(Link link)
    {
        private readonly SemaphoreSlim _credits = new(Stage.Slots, Stage.Slots);

        public Link Link => link;

        public async Task AcquireCreditAsync(StageKey next)
        {
            Task taken = _credits.WaitAsync();
            if (await Task.WhenAny(taken, link.Ended) != taken)
                throw new ReplicaLostException($"the link to stage {next} on {link.Peer.Node} ended: {await link.Ended}");
        }

        /// <exception cref="SemaphoreFullException">More come back than were given out.</exception>
        public void ReturnCredit() => _credits.Release();
    }
}
