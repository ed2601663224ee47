using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Features;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Models;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>
/// The images that this process has sent to heads in others: sends each, and gives it its answer, which is taken on the link that was asked
/// and under the image's id alone. Thread-safe.
/// </summary>
internal sealed class RemoteImages
{
    // Links of builds whose ids have 64 bits.
    private const int Earlier = 1;

    private readonly ConcurrentDictionary<long, Waiter> _waiting = new();
    private readonly Peers _peers;
    private readonly FrameSerializer _frames;
    private readonly ModelCatalog _models;

    /// <param name="peers">The links.</param>
    /// <param name="frames">Reads and writes headers.</param>
    /// <param name="models">How long the vectors of each model are.</param>
    public RemoteImages(Peers peers, FrameSerializer frames, ModelCatalog models)
    {
        (_peers, _frames, _models) = (peers, frames, models);
        peers.Ended += OnLinkEnded;
    }

    /// <summary>Sends one image to the head of <paramref name="replica"/> and waits for its vectors.</summary>
    /// <exception cref="GridException">The head refused it, or a segment failed on it.</exception>
    /// <exception cref="ReplicaLostException">The head cannot be reached, went away or no longer serves the replica.</exception>
    public async Task<ImageAnswer> EmbedAsync(ReplicaLayout replica, ImageOrder order, CancellationToken cancellationToken)
    {
        Link link = await _peers.LinkAsync(replica.Head, cancellationToken);
        if (order.Features is not null && link.Protocol < FrameRules.FeatureProtocol)
            throw new GridException(GridFault.SegmentFailed, Failures.KnowsNoFeatures(replica.Head.Node));
        if (order.ArePlanes && link.Protocol < FrameRules.PlaneProtocol)
            throw new GridException(GridFault.SegmentFailed, Failures.KnowsNoPlanes(replica.Head.Node));
        using Waiter waiter = new(link, ExchangeId.Create(), _models.FindTower(replica.Key.Model), order.Features);
        _waiting[waiter.Id.Low] = waiter;
        try
        {
            // A link that ended just before the waiter was listed has nobody left to tell it.
            if (link.Ended.IsCompleted)
                throw new ReplicaLostException($"the link to {replica.Head.Node} ended");
            await SendAsync(link, new(replica.Key, HeaderOf(waiter.Id, order)), order.Pixels, cancellationToken);
            return await waiter.Answer.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The caller does not wait for it. Should it not arrive, the head learns the same from the end of the link.
            _ = _peers.TrySendAsync(link, FrameKinds.Cancel, _frames.Write(waiter.Id.Low));
            throw;
        }
        finally
        {
            _waiting.TryRemove(waiter.Id.Low, out _);
        }
    }

    /// <summary>Handles <see cref="FrameKinds.Answer"/>.</summary>
    public ValueTask OnAnswer(Link link, Frame frame)
    {
        using NativeBuffer body = FrameSerializer.Body(frame);
        AnswerHeader header = _frames.Read<AnswerHeader>(frame);
        if (Find(link, header.Exchange) is not { } waiter)
            return ValueTask.CompletedTask;
        float[] vectors = MemoryMarshal.Cast<byte, float>(body.Memory.Span).ToArray();
        if (waiter.Objection(vectors, body.Memory.Length) is { } objection)
            waiter.Fail(objection);
        else
            waiter.Complete(new(vectors, header.Queue, header.Infer) { Origin = header.Origin });
        return ValueTask.CompletedTask;
    }

    /// <summary>Handles <see cref="FrameKinds.FeatureAnswer"/>.</summary>
    public ValueTask OnFeatures(Link link, Frame frame)
    {
        NativeBuffer body = FrameSerializer.Body(frame);
        FeatureAnswerHeader header = _frames.Read<FeatureAnswerHeader>(frame);
        if (Find(link, header.Exchange) is { } waiter)
            waiter.Add(new(header.Block, header.Offset, header.Total, body));
        else
            body.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Handles <see cref="FrameKinds.Refusal"/>.</summary>
    public ValueTask OnRefusal(Link link, Frame frame)
    {
        RefusalHeader header = _frames.Read<RefusalHeader>(frame);
        Find(link, header.Exchange)?.Fail(Failures.From(header.Fault, header.Message, header.Loss));
        return ValueTask.CompletedTask;
    }

    /// <summary>Who waits for it; null when nobody does, or asked another one.</summary>
    private Waiter? Find(Link link, ExchangeId id) => _waiting.TryGetValue(id.Low, out Waiter? waiter) && waiter.Link == link
        && (waiter.Id == id || (id.High == 0 && link.Protocol == Earlier)) ? waiter : null;

    private static ImageOrderHeader HeaderOf(ExchangeId id, ImageOrder order) =>
        new(id.Low, order.Layer, order.Lane, order.Bytes, order.Remaining, order.Trace)
        {
            RequestId = order.RequestId,
            Tenant = order.Tenant.Length == 0 ? null : order.Tenant,
            ImageHigh = id.High,
            Features = order.Features is { } features ? FeatureOrderHeader.From(features) : null,
            Broken = order.Broken,
            ArePlanes = order.ArePlanes,
        };

    private async Task SendAsync(Link link, ImageHeader header, Pixels pixels, CancellationToken cancellationToken)
    {
        try
        {
            await link.SendAsync(FrameKinds.Image, _frames.Write(header), pixels.Memory, cancellationToken);
        }
        catch (LinkEndedException exception)
        {
            throw new ReplicaLostException($"the link to {link.Peer.Node} broke: {exception.Message}", exception);
        }
    }

    private void OnLinkEnded(Link link, LinkEnd end)
    {
        foreach (Waiter waiter in _waiting.Values.Where(waiter => waiter.Link == link))
            waiter.Fail(new ReplicaLostException($"the link to {link.Peer.Node} ended: {end}"));
    }

    private sealed class Waiter(Link link, ExchangeId id, ModelInfo? model, FeatureOrder? order) : IDisposable
    {
        private readonly Lock _gate = new();
        private readonly FeatureGathering? _features = order is null ? null : new(order.Blocks, BytesOf(order, model));
        private bool _closed;

        public Link Link => link;

        public ExchangeId Id => id;

        public TaskCompletionSource<ImageAnswer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        private static Func<int, long>? BytesOf(FeatureOrder order, ModelInfo? model) =>
            model is null ? null : block => order.BlockBytes(model.FeatureShape, block);

        /// <summary>Takes a piece of the features, and owns it.</summary>
        public void Add(FeaturePiece piece)
        {
            lock (_gate)
            {
                if (_closed || _features is null)
                    piece.Content.Dispose();
                else if (!_features.Add(piece))
                    Fail(new ReplicaLostException($"{link.Peer.Node} sent a part of features that was not due"));
            }
        }

        public void Complete(ImageAnswer pooled)
        {
            lock (_gate)
            {
                if (_closed || _features is null)
                    Answer.TrySetResult(pooled);
                else if (_features.Missing > 0)
                    Fail(new ReplicaLostException($"{link.Peer.Node} answered without {_features.Missing} blocks of features"));
                else
                    _closed = Answer.TrySetResult(pooled with { Features = _features.Take() });
            }
        }

        /// <summary>Nobody waits any more: what was gathered and not answered with is freed.</summary>
        public void Dispose()
        {
            lock (_gate)
            {
                if (!_closed)
                    _features?.Dispose();
                _closed = true;
            }
        }

        /// <summary>
        /// Why what came is no vector of the model; null when it is one. A wrong length is the head's fault, and another one is asked;
        /// what is no number comes of the model, and would again.
        /// </summary>
        public Exception? Objection(float[] vectors, int bytes)
        {
            int expected = (model is null ? vectors.Length : model.Architecture.Poolings.VectorWidth(model.Architecture.Width, last: true))
                * sizeof(float);
            if (bytes != expected || bytes == 0)
                return new ReplicaLostException($"{link.Peer.Node} answered with {bytes} bytes; vectors of the model have {expected}");
            return Array.TrueForAll(vectors, float.IsFinite)
                ? null
                : new GridException(GridFault.SegmentFailed, $"{link.Peer.Node}: {UnitLength.NotFinite(vectors).Message}");
        }

        public void Fail(Exception reason)
        {
            Answer.TrySetException(reason);
            _ = Answer.Task.Exception;
        }
    }
}
