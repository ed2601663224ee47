using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using VitGrid.Engine.Features;
using VitGrid.Engine.Queueing;
using VitGrid.Engine.Requests;
using VitGrid.Runtime.Health;

namespace VitGrid.Engine.Replica;

/// <summary>
/// The entrance and exit of one replica incarnation, in the process of its first segment: images go to its batcher; each batch gets an id,
/// goes to the first stage, and is answered by the vectors that its stages send back. What arrives under an id it no longer knows (a batch
/// given up and replayed elsewhere) is passed over: nothing is answered twice. Thread-safe.
/// </summary>
[SuppressMessage("Design", "CA1001",
    Justification = "Nobody asks the source for a timer or a wait handle: there is nothing to free, and a token may still be asked for.")]
public sealed class LocalReplicaHead(ReplicaKey key, int window, Func<StageInput, ValueTask> firstStage, BatchTimeout timeout)
    : IReplicaHead
{
    private readonly ConcurrentDictionary<long, GatheredBatch> _batches = new();
    private readonly CancellationTokenSource _retired = new();
    private volatile ReplicaBatchers? _batchers;
    private long _lastBatch;

    /// <summary>The incarnation.</summary>
    public ReplicaKey Key => key;

    /// <summary>Batches under way at once: one computed and one waiting at each stage keeps every stage busy.</summary>
    public int Window => window;

    /// <summary>The devices of its stages as <see cref="VectorOrigin.Devices"/> names them; null: vectors have no origin.</summary>
    public string? Devices { get; init; }

    /// <summary>Tells the present rate of its slowest device here, as a part of what it was; null: nobody knows.</summary>
    public Func<double>? FindShare { get; init; }

    /// <summary>Tells how many rows are computed of a text; null: of all as many.</summary>
    public Func<Pixels, int>? RowsOf { get; init; }

    /// <inheritdoc/>
    public double Share => FindShare?.Invoke() ?? 1;

    /// <summary>Batches under way.</summary>
    internal int InFlight => _batches.Count;

    /// <summary>What waits for this replica.</summary>
    public QueueState Queue => _batchers?.Queue ?? QueueState.Empty;

    /// <summary>Signalled when the incarnation ends: it takes no more batches.</summary>
    public CancellationToken Retired => _retired.Token;

    /// <summary>Gives images to <paramref name="batchers"/> from now on, which run their batches here.</summary>
    public void Attach(ReplicaBatchers batchers) => _batchers = batchers;

    /// <inheritdoc/>
    public Task<ImageAnswer> EmbedAsync(ImageOrder order, CancellationToken cancellationToken)
    {
        Batcher batcher = _batchers?.For(order) ?? throw Lost("has no batcher in this process yet");
        // A caller that cancels leaves at once; its image, held by the batcher, may already be part of a batch.
        return batcher.EmbedAsync(order, cancellationToken).WaitAsync(cancellationToken);
    }

    /// <summary>Runs one batch through as many stages as its layers need; owns its images.</summary>
    /// <exception cref="ReplicaLostException">A stage went away, was replaced, or did not answer in time.</exception>
    /// <exception cref="GridException">A segment failed on this batch.</exception>
    public async Task<BatchAnswer> RunAsync(BatchOrder order)
    {
        BatchTicket ticket = new(Interlocked.Increment(ref _lastBatch), order.Layers)
        {
            Trace = order.Trace,
            RequestIds = order.RequestIds,
            Features = order.Features,
            ArePlanes = order.ArePlanes,
        };
        StageInput input = new(ticket, order.Images, null);
        if (_retired.IsCancellationRequested)
        {
            input.Dispose();
            throw Lost("was retired");
        }
        using GatheredBatch gathered = new(order.Images.Length, order.Features);
        _batches[ticket.Batch] = gathered;
        // What batches with features take is no measure for others, and the first of them waits for their graph.
        TimeSpan limit = order.Features is null ? timeout.Current : timeout.Maximum;
        long began = Stopwatch.GetTimestamp();
        try
        {
            BatchAnswer answer = await FinishAsync(input, gathered).WaitAsync(limit);
            if (order.Features is null)
                timeout.OnAnswered(Stopwatch.GetElapsedTime(began));
            return Devices is null ? answer : answer with { Origin = new(Devices, TimeProvider.System.GetUtcNow()) };
        }
        catch (TimeoutException)
        {
            throw Lost($"did not finish a batch of {order.Images.Length} within {limit.TotalMilliseconds:0} ms (at most "
                + $"Cluster:BatchMilliseconds)");
        }
        finally
        {
            _batches.TryRemove(ticket.Batch, out _);
        }
    }

    /// <summary>Takes vectors of some of a batch's images.</summary>
    public void Gather(PooledItems pooled)
    {
        if (_batches.TryGetValue(pooled.Batch, out GatheredBatch? gathered))
            gathered.Add(pooled);
    }

    /// <summary>Takes features of some of a batch's images, and owns them.</summary>
    public void GatherFeatures(FeatureItems features)
    {
        if (_batches.TryGetValue(features.Batch, out GatheredBatch? gathered))
        {
            gathered.Add(features);
            return;
        }
        foreach (FeatureItem item in features.Items)
            item.Content?.Dispose();
    }

    /// <summary>Takes a piece of the features of one image of a batch, and owns it.</summary>
    public void GatherFeatures(long batch, int item, FeaturePiece piece)
    {
        if (!_batches.TryGetValue(batch, out GatheredBatch? gathered))
            piece.Content.Dispose();
        else if (!gathered.Add(item, piece))
            gathered.Fail(Lost($"was sent a part of batch {batch} that was not due: what came before it is lost"));
    }

    /// <summary>Ends one batch that has no answer to come.</summary>
    public void Fail(long batch, Exception reason)
    {
        if (_batches.TryGetValue(batch, out GatheredBatch? gathered))
            gathered.Fail(reason);
    }

    /// <summary>Loses every batch under way: a stage or the way to it broke.</summary>
    public void FailAll(string reason)
    {
        foreach (GatheredBatch gathered in _batches.Values)
            gathered.Fail(Lost(reason));
    }

    /// <summary>Ends the incarnation: no more batches, and those under way have a last <paramref name="reason"/> to fail for.</summary>
    internal void Retire(string reason)
    {
        _retired.Cancel();
        FailAll(reason);
    }

    private async Task<BatchAnswer> FinishAsync(StageInput input, GatheredBatch gathered)
    {
        await firstStage(input);
        return await gathered.Answer;
    }

    private ReplicaLostException Lost(string reason) => new($"replica {key} {reason}");
}

/// <summary>The replica incarnations whose first segment is loaded in this process. Thread-safe.</summary>
public sealed class LocalReplicaHeads
{
    private readonly ConcurrentDictionary<ReplicaKey, LocalReplicaHead> _heads = new();

    /// <summary>All of them, in no order.</summary>
    public IEnumerable<LocalReplicaHead> All => _heads.Values;

    /// <summary>Lists a head.</summary>
    public void Add(LocalReplicaHead head) => _heads[head.Key] = head;

    /// <summary>Retires a head; <paramref name="reason"/> ends the sentence "replica KEY …".</summary>
    public void Remove(ReplicaKey key, string reason)
    {
        if (_heads.TryRemove(key, out LocalReplicaHead? head))
            head.Retire(reason);
    }

    /// <summary>The head; null when the incarnation is not, or no longer, served here.</summary>
    public LocalReplicaHead? Find(ReplicaKey key) => _heads.GetValueOrDefault(key);

    /// <summary>The head.</summary>
    /// <exception cref="ReplicaLostException">The incarnation is not, or no longer, served here.</exception>
    public LocalReplicaHead Get(ReplicaKey key) =>
        Find(key) ?? throw new ReplicaLostException($"replica {key} is not served by this process");
}

/// <summary>The stages of this process that take batches.</summary>
public sealed class LoadedStages
{
    private readonly ConcurrentDictionary<StageKey, Stage> _stages = new();

    /// <summary>Adds a stage, or puts it in the place of another of its key.</summary>
    public void Add(StageKey key, Stage stage) => _stages[key] = stage;

    /// <summary>Removes a stage; false when it is not here.</summary>
    public bool Remove(StageKey key) => _stages.TryRemove(key, out _);

    /// <summary>Finds a stage; null when it is not here.</summary>
    public Stage? Find(StageKey key) => _stages.GetValueOrDefault(key);

    /// <summary>Hands an input to its stage, which owns it from then on; waits while the stage's inbox is full.</summary>
    /// <exception cref="ReplicaLostException">It is not, or no longer, here.</exception>
    public ValueTask EnqueueAsync(StageKey key, StageInput input)
    {
        if (Find(key) is { } stage)
            return stage.EnqueueAsync(input);
        input.Dispose();
        throw new ReplicaLostException($"stage {key} is not in this process");
    }
}

/// <summary>
/// Takes the images of one replica incarnation: in this process (<see cref="LocalReplicaHead"/>) or over the data plane. Which of them is
/// chosen once, when the layout is applied. Thread-safe.
/// </summary>
public interface IReplicaHead
{
    /// <summary>Its present rate as a part of what it was, in (0, 1], as far as this process sees its devices.</summary>
    double Share => 1;

    /// <summary>Embeds one image; completes with its vectors, and at once when <paramref name="cancellationToken"/> is signalled.</summary>
    /// <exception cref="GridException">The head refused it, or a segment failed on it.</exception>
    /// <exception cref="ReplicaLostException">The replica cannot be reached, broke or was retired: another one may be asked.</exception>
    Task<ImageAnswer> EmbedAsync(ImageOrder order, CancellationToken cancellationToken);
}
