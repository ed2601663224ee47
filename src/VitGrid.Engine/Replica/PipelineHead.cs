using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using VitGrid.Engine.Queueing;
using VitGrid.Engine.Requests;

namespace VitGrid.Engine.Replica;

/// <summary>
/// The entrance and exit of one replica incarnation, in the process of its first segment: gives each batch an id, hands it to the first
/// stage, and gathers the vectors that its stages send back. What arrives under an id it no longer knows (a batch given up and replayed
/// elsewhere) is passed over: nothing is answered twice.
/// </summary>
[SuppressMessage("Design", "CA1001",
    Justification = "Nobody asks the source for a timer or a wait handle: there is nothing to free, and a token may still be asked for.")]
internal sealed class PipelineHead(
    ReplicaKey key, int window, Func<StageInput, ValueTask> firstStage, PixelStore pixels, BatchPatience patience)
{
    private readonly ConcurrentDictionary<long, Gathering> _batches = new();
    private readonly CancellationTokenSource _retired = new();
    private volatile Batcher? _batcher;
    private long _lastBatch;

    /// <summary>The incarnation.</summary>
    public ReplicaKey Key => key;

    /// <summary>Batches under way at once: one computed and one waiting at each stage keeps every stage busy.</summary>
    public int Window => window;

    /// <summary>Batches under way.</summary>
    public int InFlight => _batches.Count;

    /// <summary>What waits for this replica.</summary>
    public QueueState Queue => _batcher?.Queue ?? QueueState.Empty;

    /// <summary>Signalled when the incarnation ends: it takes no more batches.</summary>
    public CancellationToken Retired => _retired.Token;

    /// <summary>Takes <see cref="Queue"/> from the batcher that feeds it.</summary>
    public void Observe(Batcher batcher) => _batcher = batcher;

    /// <summary>Runs one batch through as many stages as its layers need.</summary>
    /// <exception cref="ReplicaLostException">A stage went away, was replaced, or did not answer in time.</exception>
    /// <exception cref="GridException">A segment failed on this batch.</exception>
    public async Task<BatchAnswer> RunAsync(BatchOrder order)
    {
        if (_retired.IsCancellationRequested)
            throw Lost("was retired");
        BatchTicket ticket = new(Interlocked.Increment(ref _lastBatch), order.Layers) { Trace = order.Trace };
        Gathering gathering = new(order.Images.Length);
        _batches[ticket.Batch] = gathering;
        TimeSpan limit = patience.Present;
        long began = Stopwatch.GetTimestamp();
        try
        {
            BatchAnswer answer = await FinishAsync(new(ticket, Hold(order.Images), null), gathering).WaitAsync(limit);
            patience.Answered(Stopwatch.GetElapsedTime(began));
            return answer;
        }
        catch (TimeoutException)
        {
            throw Lost($"did not finish a batch of {order.Images.Length} within {limit.TotalMilliseconds:0} ms (at most Cluster:BatchMilliseconds)");
        }
        finally
        {
            _batches.TryRemove(ticket.Batch, out _);
        }
    }

    /// <summary>Vectors of some of a batch's images.</summary>
    public void Gather(PooledItems pooled)
    {
        if (_batches.TryGetValue(pooled.Batch, out Gathering? gathering))
            gathering.Add(pooled);
    }

    /// <summary>One batch has no answer to come.</summary>
    public void Fail(long batch, Exception reason)
    {
        if (_batches.TryGetValue(batch, out Gathering? gathering))
            gathering.Fail(reason);
    }

    /// <summary>Every batch under way is lost: a stage or the way to it broke.</summary>
    public void FailAll(string reason)
    {
        foreach (Gathering gathering in _batches.Values)
            gathering.Fail(Lost(reason));
    }

    /// <summary>Ends the incarnation: no more batches, and those under way have a last <paramref name="reason"/> to fail for.</summary>
    public void Retire(string reason)
    {
        _retired.Cancel();
        FailAll(reason);
    }

    private async Task<BatchAnswer> FinishAsync(StageInput input, Gathering gathering)
    {
        await firstStage(input);
        return await gathering.Answer;
    }

    private List<Pixels> Hold(long[] images)
    {
        List<Pixels> held = new(images.Length);
        try
        {
            foreach (long image in images)
                held.Add(pixels.Hold(image));
            return held;
        }
        catch
        {
            held.ForEach(image => image.Dispose());
            throw;
        }
    }

    private ReplicaLostException Lost(string reason) => new($"replica {key} {reason}");

    /// <summary>The answers of one batch so far. Stages answer from several threads.</summary>
    private sealed class Gathering(int images)
    {
        private readonly Lock _gate = new();
        private readonly float[][] _vectors = new float[images][];
        private readonly TaskCompletionSource<BatchAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _missing = images;

        public Task<BatchAnswer> Answer => _answer.Task;

        public void Add(PooledItems pooled)
        {
            lock (_gate)
            {
                for (int i = 0; i < pooled.Items.Length; i++)
                {
                    if (_vectors[pooled.Items[i]] is null)
                        _missing--;
                    _vectors[pooled.Items[i]] = pooled.ClsThenMean[i];
                }
                if (_missing > 0)
                    return;
            }
            _answer.TrySetResult(new(_vectors));
        }

        public void Fail(Exception reason)
        {
            _answer.TrySetException(reason);
            // The batch may have ended otherwise: a failure nobody waits for is not unobserved.
            _ = _answer.Task.Exception;
        }
    }
}
