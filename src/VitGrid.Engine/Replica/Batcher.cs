using System.Diagnostics;
using VitGrid.Engine.Options;
using VitGrid.Engine.Queueing;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Telemetry;
using VitGrid.Engine.Timing;

namespace VitGrid.Engine.Replica;

/// <summary>
/// The loop around <see cref="BatchPolicy{T}"/>. A batch leaves whenever the pipeline has a free credit, so while it works the
/// next batch grows. Thread-safe: a lock guards every decision; batches run outside of it.
/// <para>
/// States: accepting → stopping (<see cref="StopAsync"/>: nothing new is accepted, no batch waits for company, everything accepted is
/// answered) → idle.
/// </para>
/// </summary>
/// <param name="model">Name, for messages.</param>
/// <param name="options">Bounds of batches and of the queue.</param>
/// <param name="credits">Batches that may be under way at once.</param>
/// <param name="run">Runs a batch and owns its images: for each its 2 D pooled floats.</param>
/// <param name="metrics">Counts batches.</param>
/// <param name="time">Clock.</param>
/// <param name="rowsOf">Rows computed of a text: those of a batch with as many run together, the fewest first; null: all alike.</param>
public sealed class Batcher(
    string model, GridOptions options, Func<int> credits, Func<BatchOrder, Task<BatchAnswer>> run, GridMetrics metrics, TimeProvider time,
    Func<Pixels, int>? rowsOf = null)
{
    private readonly Lock _gate = new();
    private readonly BatchPolicy<QueuedImage> _policy = new(options.Batching, options.Queue);
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile QueueState _queue = QueueState.Empty;
    private int _inFlight;
    private volatile int _most = int.MaxValue;
    private TimeSpan _lastEnd;
    private bool _waking;
    private bool _stopping;

    /// <summary>What waited after the last change.</summary>
    internal QueueState Queue => _queue;

    /// <summary>Queues an image, and holds its pixels until they were run or dropped; the answer comes with its batch.</summary>
    /// <exception cref="GridException">The queue is full.</exception>
    /// <exception cref="ReplicaLostException">It takes no more.</exception>
    internal Task<ImageAnswer> EmbedAsync(ImageOrder order, CancellationToken cancellationToken)
    {
        QueuedImage image = new(order);
        order.Pixels.Hold();
        try
        {
            lock (_gate)
                Accept(image, cancellationToken);
        }
        catch
        {
            order.Pixels.Dispose();
            throw;
        }
        Pump();
        return image.Answer.Task;
    }

    /// <summary>Stops accepting; completes when everything accepted is answered.</summary>
    public Task StopAsync()
    {
        lock (_gate)
            _stopping = true;
        Pump();
        return _idle.Task;
    }

    private void Accept(QueuedImage image, CancellationToken cancellationToken)
    {
        if (_stopping)
            throw new ReplicaLostException($"the batcher of model '{model}' takes no more: its replica was retired");
        TimeSpan now = time.Now();
        ImageOrder order = image.Order;
        if (!_policy.TryAdd(new(image, order.Lane, order.Bytes, now, now + order.Remaining, cancellationToken) { Tenant = order.Tenant }))
            throw Refusals.QueueFull(model, order.Lane, _policy.Held, _policy.HeldIn(order.Lane), options.Queue, null);
    }

    /// <summary>Sends what should leave now. A pipeline may answer at once and so come back here: never called within the lock.</summary>
    private void Pump()
    {
        while (NextBatch() is { } batch)
        {
            // A batch belongs to none of its images: the spans and log scopes of whoever happened to complete it stay behind.
            using AsyncFlowControl? context = ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow();
            _ = DispatchAsync(batch);
        }
    }

    /// <summary>The batch that leaves now, counted as under way; null: none does.</summary>
    private IReadOnlyList<Waiting<QueuedImage>>? NextBatch()
    {
        lock (_gate)
        {
            IReadOnlyList<Waiting<QueuedImage>>? batch = TakeBatch();
            _queue = _policy.State;
            if (batch is not null)
                _inFlight++;
            else if (_stopping && _inFlight == 0 && _policy.Count == 0)
                _idle.TrySetResult();
            return batch;
        }
    }

    private IReadOnlyList<Waiting<QueuedImage>>? TakeBatch()
    {
        while (_inFlight < Credits() && _policy.DelayUntilBatch(time.Now()) is { } delay)
        {
            if (delay > TimeSpan.Zero && !_stopping)
            {
                WakeAfter(delay);
                return null;
            }
            List<Waiting<QueuedImage>> dropped = [];
            IReadOnlyList<Waiting<QueuedImage>> batch = _policy.Take(time.Now(), dropped);
            dropped.ForEach(Drop);
            if (batch.Count > 0)
                return batch;
        }
        return null;
    }

    private int Credits()
    {
        int all = credits();
        return all > 1 ? all - _policy.KeptCredits : all;
    }

    private void WakeAfter(TimeSpan delay)
    {
        if (_waking)
            return;
        _waking = true;
        _ = WakeAsync(delay);
    }

    private async Task WakeAsync(TimeSpan delay)
    {
        // Timers drop fractions of a millisecond; rounded down the last one would be waited for by spinning.
        await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(delay.TotalMilliseconds)), time);
        lock (_gate)
            _waking = false;
        Pump();
    }

    private async Task DispatchAsync(IReadOnlyList<Waiting<QueuedImage>> batch)
    {
        TimeSpan left = time.Now();
        bool answered = false;
        try
        {
            if (batch.Count > _most || HasSuspect(batch) || HasLengths(batch))
                await RunInPartsAsync(batch, left);
            else
                Answer(batch, await RunAsync(batch), left);
            answered = true;
        }
        catch (ReplicaLostException exception) when (exception.Loss == ReplicaLoss.TooLarge && batch.Count > 1)
        {
            Halve(batch.Count);
            await RunAgainAsync(batch, left);
        }
        catch (Exception exception)
        {
            foreach (Waiting<QueuedImage> waiting in batch)
                waiting.Item.Fail(exception);
        }
        lock (_gate)
            End(batch.Count, left, answered);
        Pump();
    }

    private void Answer(IReadOnlyList<Waiting<QueuedImage>> batch, BatchAnswer answer, TimeSpan left)
    {
        TimeSpan infer = time.Now() - left;
        for (int i = 0; i < batch.Count; i++)
        {
            if (answer.ClsThenMean[i] is null)
                batch[i].Item.Fail(answer.Failure!);
            else
                batch[i].Item.Complete(answer, i, left - batch[i].Since, infer);
        }
    }

    private static bool HasSuspect(IReadOnlyList<Waiting<QueuedImage>> batch)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            if (batch[i].Item.Order.Broken > 0)
                return true;
        }
        return false;
    }

    private bool HasLengths(IReadOnlyList<Waiting<QueuedImage>> batch)
    {
        if (batch.Count == 1)
            return false;
        int rows = RowsOf(batch[0]);
        for (int i = 1; i < batch.Count; i++)
        {
            if (RowsOf(batch[i]) != rows)
                return true;
        }
        return false;
    }

    private int RowsOf(Waiting<QueuedImage> waiting) => rowsOf?.Invoke(waiting.Item.Order.Pixels) ?? 0;

    /// <summary>
    /// Runs texts of like length together, images that a device broke on one by one, so that only the one at fault breaks another, and
    /// the rest in batches that find memory. Each part fails alone.
    /// </summary>
    private async Task RunInPartsAsync(IReadOnlyList<Waiting<QueuedImage>> batch, TimeSpan left)
    {
        IEnumerable<IReadOnlyList<Waiting<QueuedImage>>> parts = batch.Where(waiting => waiting.Item.Order.Broken == 0)
            .GroupBy(RowsOf).OrderBy(alike => alike.Key).SelectMany(alike => alike.Chunk(_most))
            .Concat(batch.Where(waiting => waiting.Item.Order.Broken > 0).Select(waiting => new[] { waiting }));
        foreach (IReadOnlyList<Waiting<QueuedImage>> part in parts)
        {
            try
            {
                Answer(part, await RunAsync(part), left);
            }
            catch (ReplicaLostException exception) when (exception.Loss == ReplicaLoss.TooLarge && part.Count > 1)
            {
                Halve(part.Count);
                await RunAgainAsync(part, left);
            }
            catch (Exception exception)
            {
                foreach (Waiting<QueuedImage> waiting in part)
                    waiting.Item.Fail(exception);
            }
        }
    }

    /// <summary>Runs what found no memory in smaller parts. Whoever ran it has let go of the pixels; their senders hold them.</summary>
    private Task RunAgainAsync(IReadOnlyList<Waiting<QueuedImage>> batch, TimeSpan left)
    {
        List<Waiting<QueuedImage>> held = [];
        foreach (Waiting<QueuedImage> waiting in batch)
        {
            try
            {
                waiting.Item.Order.Pixels.Hold();
                held.Add(waiting);
            }
            catch (ObjectDisposedException exception)
            {
                waiting.Item.Fail(exception);
            }
        }
        return RunInPartsAsync(held, left);
    }

    /// <summary>Batches of this size find no memory: from now on none is larger than half of it.</summary>
    private void Halve(int images)
    {
        lock (_gate)
            _most = Math.Min(_most, images / 2);
        metrics.Halved(model);
    }

    /// <summary>A batch that came behind another was worked on only when that one was done.</summary>
    private void End(int images, TimeSpan left, bool answered)
    {
        _inFlight--;
        TimeSpan now = time.Now();
        if (answered)
            _policy.OnAnswered(images, now - (left > _lastEnd ? left : _lastEnd));
        _lastEnd = now;
    }

    private async Task<BatchAnswer> RunAsync(IReadOnlyList<Waiting<QueuedImage>> batch)
    {
        metrics.Batch(model, batch.Count);
        string?[]? traces = Labels(batch, order => order.Trace);
        using Activity? span = GridTraces.Batch(model, traces);
        return await run(new(Each(batch, order => order.Pixels), Each(batch, order => order.Layer), traces, span?.Id)
        {
            RequestIds = Labels(batch, order => order.RequestId),
            Features = Labels(batch, order => order.Features)!,
            ArePlanes = batch[0].Item.Order.ArePlanes,
        });
    }

    /// <summary>Each image's; null when none has any.</summary>
    private static T?[]? Labels<T>(IReadOnlyList<Waiting<QueuedImage>> batch, Func<ImageOrder, T?> label)
        where T : class
    {
        for (int i = 0; i < batch.Count; i++)
        {
            if (label(batch[i].Item.Order) is not null)
                return Each(batch, label);
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

    private static void Drop(Waiting<QueuedImage> waiting)
    {
        waiting.Item.Order.Pixels.Dispose();
        if (waiting.Cancellation.IsCancellationRequested)
            waiting.Item.Answer.SetCanceled(waiting.Cancellation);
        else
            waiting.Item.Fail(Refusals.Expired(waiting.Deadline - waiting.Since));
    }

    private sealed record QueuedImage(ImageOrder Order)
    {
        public TaskCompletionSource<ImageAnswer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Complete(BatchAnswer answer, int item, TimeSpan queue, TimeSpan infer)
        {
            ImageAnswer pooled = new(answer.ClsThenMean[item], queue, infer) { Origin = answer.Origin };
            if (answer.Features?[item] is not { } features)
            {
                Answer.SetResult(pooled);
            }
            else if (features.Problem is { } problem)
            {
                features.Dispose();
                Fail(Refusals.NoFeatures(problem, features.IsBeyondType));
            }
            else
            {
                Answer.SetResult(pooled with { Features = features.Take() });
            }
        }

        public void Fail(Exception reason)
        {
            Answer.TrySetException(reason);
            // A caller that cancelled has left: a failure nobody waits for is not unobserved.
            _ = Answer.Task.Exception;
        }
    }
}
