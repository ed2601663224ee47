using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>A door's side of the way to heads in other processes: sends images, and gives each its answer.</summary>
internal sealed class ImageClient
{
    private readonly ConcurrentDictionary<long, Waiter> _waiting = new();
    private readonly Peers _peers;
    private readonly FrameHeads _frames;
    private long _lastId;

    public ImageClient(Peers peers, FrameHeads frames)
    {
        _peers = peers;
        _frames = frames;
        peers.On(FrameKinds.Answer, Answer);
        peers.On(FrameKinds.Refusal, Refuse);
        peers.Ended += OnLinkEnded;
    }

    /// <summary>Sends one image to the head of <paramref name="replica"/> and waits for its vectors.</summary>
    /// <exception cref="GridException">The head refused it, or a segment failed on it.</exception>
    /// <exception cref="ReplicaLostException">The head cannot be reached, went away or no longer serves the replica.</exception>
    public async Task<ImageAnswer> EmbedAsync(ReplicaLayout replica, ImageOrder order, Pixels pixels, CancellationToken cancellationToken)
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
            await SendAsync(link, new(replica.Key, order with { Image = id }), pixels, cancellationToken);
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

    private async Task SendAsync(Link link, ImageHead head, Pixels pixels, CancellationToken cancellationToken)
    {
        try
        {
            await link.SendAsync(FrameKinds.Image, _frames.Write(head), pixels.Memory, cancellationToken);
        }
        catch (LinkEndedException exception)
        {
            throw new ReplicaLostException($"the link to {link.Peer.Node} broke: {exception.Message}", exception);
        }
    }

    private ValueTask Answer(Link link, Frame frame)
    {
        using NativeBuffer body = FrameHeads.Body(frame);
        AnswerHead head = _frames.Read<AnswerHead>(frame);
        if (_waiting.TryGetValue(head.Image, out Waiter? waiter))
            waiter.Answer.TrySetResult(new(MemoryMarshal.Cast<byte, float>(body.Memory.Span).ToArray(), head.Queue, head.Infer));
        return ValueTask.CompletedTask;
    }

    private ValueTask Refuse(Link link, Frame frame)
    {
        RefusalHead head = _frames.Read<RefusalHead>(frame);
        if (_waiting.TryGetValue(head.Image, out Waiter? waiter))
            waiter.Fail(Failures.Of(head.Fault, head.Message));
        return ValueTask.CompletedTask;
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
