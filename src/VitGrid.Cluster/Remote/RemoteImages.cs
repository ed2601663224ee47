using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>The images that this process has sent to heads in others: sends each, and gives it its answer. Thread-safe.</summary>
internal sealed class RemoteImages
{
    private readonly ConcurrentDictionary<long, Waiter> _waiting = new();
    private readonly Peers _peers;
    private readonly FrameSerializer _frames;
    private long _lastId;

    public RemoteImages(Peers peers, FrameSerializer frames)
    {
        _peers = peers;
        _frames = frames;
        peers.Ended += OnLinkEnded;
    }

    /// <summary>Sends one image to the head of <paramref name="replica"/> and waits for its vectors.</summary>
    /// <exception cref="GridException">The head refused it, or a segment failed on it.</exception>
    /// <exception cref="ReplicaLostException">The head cannot be reached, went away or no longer serves the replica.</exception>
    public async Task<ImageAnswer> EmbedAsync(ReplicaLayout replica, ImageOrder order, CancellationToken cancellationToken)
    {
        Link link = await _peers.LinkAsync(replica.Head, cancellationToken);
        long id = Interlocked.Increment(ref _lastId);
        Waiter waiter = new(link);
        _waiting[id] = waiter;
        try
        {
            // A link that ended just before the waiter was listed has nobody left to tell it.
            if (link.Ended.IsCompleted)
                throw new ReplicaLostException($"the link to {replica.Head.Node} ended");
            ImageOrderHeader header = new(id, order.Layer, order.Lane, order.Bytes, order.Remaining, order.Trace)
            {
                RequestId = order.RequestId,
                Tenant = order.Tenant.Length == 0 ? null : order.Tenant,
            };
            await SendAsync(link, new(replica.Key, header), order.Pixels, cancellationToken);
            return await waiter.Answer.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The caller does not wait for it. Should it not arrive, the head learns the same from the end of the link.
            _ = _peers.TrySendAsync(link, FrameKinds.Cancel, _frames.Write(id));
            throw;
        }
        finally
        {
            _waiting.TryRemove(id, out _);
        }
    }

    /// <summary>Handles <see cref="FrameKinds.Answer"/>.</summary>
    public ValueTask OnAnswer(Link link, Frame frame)
    {
        using NativeBuffer body = FrameSerializer.Body(frame);
        AnswerHeader header = _frames.Read<AnswerHeader>(frame);
        if (_waiting.TryGetValue(header.Image, out Waiter? waiter))
            waiter.Answer.TrySetResult(new(MemoryMarshal.Cast<byte, float>(body.Memory.Span).ToArray(), header.Queue, header.Infer));
        return ValueTask.CompletedTask;
    }

    /// <summary>Handles <see cref="FrameKinds.Refusal"/>.</summary>
    public ValueTask OnRefusal(Link link, Frame frame)
    {
        RefusalHeader header = _frames.Read<RefusalHeader>(frame);
        if (_waiting.TryGetValue(header.Image, out Waiter? waiter))
            waiter.Fail(Failures.From(header.Fault, header.Message));
        return ValueTask.CompletedTask;
    }

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

    private sealed record Waiter(Link Link)
    {
        public TaskCompletionSource<ImageAnswer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Fail(Exception reason)
        {
            Answer.TrySetException(reason);
            _ = Answer.Task.Exception;
        }
    }
}
