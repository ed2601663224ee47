using VitGrid.Engine.Options;
using VitGrid.Engine.Queueing;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Timing;

namespace VitGrid.Engine.Replica;

/// <summary>Runs one batch: its images in, for each its 2 D pooled floats out.</summary>
internal delegate Task<BatchAnswer> BatchRunner(BatchOrder batch);

/// <summary>
/// The loop around <see cref="BatchPolicy{T}"/>. A batch leaves whenever the pipeline has a free credit, so while it works the
/// next batch grows. Not thread-safe: every call and continuation runs on its owner's scheduler (the grain's).
/// <para>
/// States: accepting → stopping (<see cref="StopAsync"/>: nothing new is accepted, no batch waits for company, everything accepted is
/// answered) → idle.
/// </para>
/// </summary>
internal sealed class Batcher(string model, GridOptions options, Func<int> credits, BatchRunner run, TimeProvider time)
{
    private readonly BatchPolicy<QueuedImage> _policy = new(options.Batching, options.Queue);
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile QueueState _queue = QueueState.Empty;
    private int _inFlight;
    private bool _waking;
    private bool _stopping;

    /// <summary>What waited after the last change. Any thread may ask.</summary>
    public QueueState Queue => _queue;

    /// <summary>Queues an image; the answer comes with its batch.</summary>
    public Task<ImageAnswer> EmbedAsync(ImageOrder order, CancellationToken cancellationToken)
    {
        if (_stopping)
            throw new ReplicaLostException($"the batcher of model '{model}' takes no more: its replica was retired");
        TimeSpan now = time.Now();
        QueuedImage image = new(order);
        if (!_policy.TryAdd(new(image, order.Lane, order.Bytes, now, now + order.Remaining, cancellationToken)))
            throw Refusals.QueueFull(model, order.Lane, _policy.Held, _policy.HeldIn(order.Lane), options.Queue, null);
        Pump();
        return image.Answer.Task;
    }

    /// <summary>Stops accepting; completes when everything accepted is answered.</summary>
    public Task StopAsync()
    {
        _stopping = true;
        Pump();
        return _idle.Task;
    }

    private void Pump()
    {
        SendBatches();
        _queue = _policy.State;
        if (_stopping && _inFlight == 0 && _policy.Count == 0)
            _idle.TrySetResult();
    }

    private void SendBatches()
    {
        while (_inFlight < credits() && _policy.DelayUntilBatch(time.Now()) is { } delay)
        {
            if (delay > TimeSpan.Zero && !_stopping)
            {
                _ = WakeAsync(delay);
                return;
            }
            List<Waiting<QueuedImage>> dropped = [];
            IReadOnlyList<Waiting<QueuedImage>> batch = _policy.Take(time.Now(), dropped);
            dropped.ForEach(Drop);
            if (batch.Count > 0)
                _ = DispatchAsync(batch);
        }
    }

    private async Task WakeAsync(TimeSpan delay)
    {
        if (_waking)
            return;
        _waking = true;
        // Timers drop fractions of a millisecond; rounded down the last one would be waited for by spinning.
        await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(delay.TotalMilliseconds)), time);
        _waking = false;
        Pump();
    }

    private async Task DispatchAsync(IReadOnlyList<Waiting<QueuedImage>> batch)
    {
        _inFlight++;
        TimeSpan left = time.Now();
        try
        {
            BatchAnswer answer = await run(new(Each(batch, order => order.Image), Each(batch, order => order.Layer), TracesOf(batch)));
            TimeSpan infer = time.Now() - left;
            for (int i = 0; i < batch.Count; i++)
                batch[i].Item.Answer.SetResult(new(answer.ClsThenMean[i], left - batch[i].Since, infer));
        }
        catch (Exception exception)
        {
            foreach (Waiting<QueuedImage> waiting in batch)
                waiting.Item.Answer.TrySetException(exception);
        }
        _inFlight--;
        Pump();
    }

    private static string?[]? TracesOf(IReadOnlyList<Waiting<QueuedImage>> batch)
    {
        foreach (Waiting<QueuedImage> waiting in batch)
        {
            if (waiting.Item.Order.Trace is not null)
                return Each(batch, order => order.Trace);
        }
        return null;
    }

    private static T[] Each<T>(IReadOnlyList<Waiting<QueuedImage>> batch, Func<ImageOrder, T> part)
    {
        T[] parts = new T[batch.Count];
        for (int i = 0; i < parts.Length; i++)
            parts[i] = part(batch[i].Item.Order);
        return parts;
    }

    private void Drop(Waiting<QueuedImage> waiting)
    {
        if (waiting.Cancellation.IsCancellationRequested)
            waiting.Item.Answer.SetCanceled(waiting.Cancellation);
        else
            waiting.Item.Answer.SetException(Refusals.Expired(waiting.Deadline - waiting.Since));
    }

    private sealed record QueuedImage(ImageOrder Order)
    {
        public TaskCompletionSource<ImageAnswer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
