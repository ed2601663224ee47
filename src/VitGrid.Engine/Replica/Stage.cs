using System.Diagnostics;
using System.Numerics.Tensors;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using VitGrid.Engine.Health;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Telemetry;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Health;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Engine.Replica;

/// <summary>
/// A loaded segment at work: takes batches from a short inbox, runs them one by one on its device's thread, and hands their results on.
/// While batch n + 1 is computed, batch n is on its way to the next stage; if that one is slow, this one waits: at most
/// <see cref="Slots"/> inputs wait in the inbox and one at the device, and three outputs are ever held.
/// </summary>
public sealed partial class Stage : IAsyncDisposable
{
    /// <summary>Inputs that may wait: with one computed and one on the way, a device never waits for the network.</summary>
    public const int Slots = 2;

    // One is computed and one more stands at the device: it never waits for what the host does between two batches.
    private const int Ahead = 2;

    private readonly StageKey _key;
    private readonly ISegmentSession _segment;
    private readonly int _width;
    private readonly DeviceThread _device;
    private readonly DeviceGuard? _guard;
    private readonly StageExits _exits;
    private readonly ILogger _logger;
    private readonly Channel<StageInput> _inbox = Channel.CreateBounded<StageInput>(
        new BoundedChannelOptions(Slots) { SingleReader = true });
    private readonly SemaphoreSlim _ahead = new(Ahead, Ahead);
    private readonly SemaphoreSlim _outbox = new(1, 1);
    private readonly Task _loop;
    private readonly IAsyncDisposable? _watched;
    private readonly float[] _row;
    private int _inFlight;
    // Runs under way and the stage itself: the last to go frees the segment.
    private int _holders = 1;
    private long _busyTicks;
    private volatile bool _abandoned;

    /// <summary>
    /// Starts the stage, on a device that is watched where there is a guard; it owns <paramref name="segment"/> and
    /// <paramref name="probe"/> from then on.
    /// </summary>
    public Stage(
        StageKey key, ISegmentSession segment, int width, DeviceThread device, StageExits exits, ILogger logger,
        DeviceGuard? guard = null, GoldenProbe? probe = null)
    {
        _guard = guard;
        _watched = guard?.Watch(key.Replica.Model, key.Segment, probe, segment.Mapped);
        _row = new float[width];
        _key = key;
        _segment = segment;
        _width = width;
        _device = device;
        _exits = exits;
        _logger = logger;
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>
    /// The stage of the same segment that computes batches with features, with an inbox and an outbox of its own, so that batches without
    /// never wait behind the load of its graph; null: there is none. Owned by this one.
    /// </summary>
    public Stage? Features { get; init; }

    /// <summary>The stage of a first segment that computes batches of planes, likewise; null: there is none. Owned by this one.</summary>
    public Stage? Planes { get; init; }

    /// <summary>Rows that are computed of a text; 0 where it is the same number for all.</summary>
    public int RowsOf(Pixels text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return _segment.Rows([text.Memory]);
    }

    /// <summary>Batches waiting, computed or on their way out.</summary>
    public int InFlight => Volatile.Read(ref _inFlight) + Others.Sum(stage => stage.InFlight);

    /// <summary>Time its device has spent on it.</summary>
    public TimeSpan Busy => Others.Aggregate(
        Stopwatch.GetElapsedTime(0, Volatile.Read(ref _busyTicks)), (sum, stage) => sum + stage.Busy);

    private IEnumerable<Stage> Others => ((ReadOnlySpan<Stage?>)[Features, Planes]).ToArray().OfType<Stage>();

    /// <summary>Takes over a batch; waits while the inbox is full.</summary>
    /// <exception cref="ReplicaLostException">The stage was released.</exception>
    public async ValueTask EnqueueAsync(StageInput input)
    {
        if (_guard is { Serves: false })
        {
            input.Dispose();
            throw new ReplicaLostException($"the device of stage {_key} is out") { Loss = ReplicaLoss.DeviceOut };
        }
        if (OtherFor(input) is { } other)
        {
            await other.EnqueueAsync(input);
            return;
        }
        Interlocked.Increment(ref _inFlight);
        try
        {
            await _inbox.Writer.WriteAsync(input);
        }
        catch (ChannelClosedException exception)
        {
            Interlocked.Decrement(ref _inFlight);
            input.Dispose();
            throw new ReplicaLostException($"stage {_key} was released", exception);
        }
    }

    /// <summary>Drops what waits uncomputed: nobody wants it any more, since the replica broke.</summary>
    public void Abandon()
    {
        _abandoned = true;
        foreach (Stage stage in Others)
            stage.Abandon();
    }

    /// <summary>Takes no more, finishes or drops what it has, frees the segment.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (Stage stage in Others)
            await stage.DisposeAsync();
        _inbox.Writer.TryComplete();
        await _loop;
        await _outbox.WaitAsync();
        _outbox.Dispose();
        _ahead.Dispose();
        if (_watched is not null)
            await _watched.DisposeAsync();
        LetGo();
    }

    /// <summary>The stage that computes batches of another kind than the usual; null: this one does.</summary>
    private Stage? OtherFor(StageInput input) => input.Ticket.ArePlanes && input.Pixels is not null
        ? Planes : input.Ticket.Features is null ? null : Features;

    private void LetGo()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
            _segment.Dispose();
    }

    private async Task LoopAsync()
    {
        Task before = Task.CompletedTask;
        await _ahead.WaitAsync();
        while (await _inbox.Reader.WaitToReadAsync())
        {
            if (!_inbox.Reader.TryRead(out StageInput? input))
                continue;
            Count(input);
            before = FinishAsync(input.Ticket, ComputeAsync(input), before);
            await _ahead.WaitAsync();
        }
        await before;
    }

    private async Task<StageOutput> ComputeAsync(StageInput input)
    {
        using Activity? span = GridTraces.Within(input.Ticket.Trace, "segment", _key.Replica.Model)?.SetTag(
            "vitgrid.segment", _key.Segment);
        LogEach(input.Ticket, "begins");
        if (_guard is null)
            return await RunAsync(input, null);
        GuardedRun run = DeviceGuard.Prepare(
            _key.Replica.Model, _key.Segment, input.Ticket.Layers.Length, features: _segment is FeatureSegment, rows: RowsOf(input));
        Task<StageOutput> running = RunAsync(input, run);
        try
        {
            return await _guard.WhileServingAsync(run, running, late => late.Activation.Dispose());
        }
        catch (DeviceOutException) when (!running.IsCompleted)
        {
            // The run may hold the pixels until the process ends; nobody is to wait for that, least of all the end of the process.
            foreach (Pixels pixels in input.Pixels ?? [])
                pixels.ReturnCharge();
            throw;
        }
    }

    /// <summary>
    /// The input is let go of as soon as it was computed, whatever becomes of the output; and the segment is held until then, for a run
    /// that nobody waits for may still read it.
    /// </summary>
    private async Task<StageOutput> RunAsync(StageInput input, GuardedRun? run)
    {
        Interlocked.Increment(ref _holders);
        try
        {
            using (input)
            {
                return _segment is FeatureSegment features
                    ? await features.RunAsync(input.Ticket, () => Begin(input, run))
                    : await _device.RunAsync(() => Begin(input, run));
            }
        }
        finally
        {
            LetGo();
        }
    }

    private StageOutput Begin(StageInput input, GuardedRun? run)
    {
        if (_abandoned)
            throw new ReplicaLostException($"stage {_key} was released");
        return run is null ? new(Compute(input), []) : _guard!.Run(run, () => ComputeFinite(input, run));
    }

    /// <summary>
    /// Computes, and computes again where a row holds what is no number. A row that then has numbers, or a probe that is wrong, tells that
    /// the device is sick; else the images of those rows are at fault, or what came before.
    /// </summary>
    private StageOutput ComputeFinite(StageInput input, GuardedRun run)
    {
        Activation output = ComputeWhole(input);
        if (FindNotFinite(input.Ticket, output) is not { Length: > 0 } rows)
            return new(output, []);
        output.Dispose();
        output = ComputeWhole(input);
        if (FindNotFinite(input.Ticket, output).SequenceEqual(rows) && _guard!.Passes(_key.Replica.Model, _key.Segment))
            return new(output, rows);
        output.Dispose();
        string reason = $"{rows.Length} of {input.Ticket.Layers.Length} images of model '{_key.Replica.Model}' came out of segment "
            + $"{_key.Segment} as NaN or infinity, and otherwise when they were computed again";
        _guard!.GiveUp(run, IllnessKind.NotFinite, reason);
        throw new SegmentRunException(RunFailure.Device, reason);
    }

    /// <summary>A device that has no memory for a single image is sick.</summary>
    private Activation ComputeWhole(StageInput input)
    {
        try
        {
            return Compute(input);
        }
        catch (SegmentRunException exception) when (exception.Failure == RunFailure.Memory && input.Ticket.Layers.Length == 1)
        {
            throw new SegmentRunException(RunFailure.Device, exception.Message, exception);
        }
    }

    /// <summary>
    /// The images with a vector that is not all numbers, in the layer asked for or after the segment's last block: there the class token
    /// and the mean have the numbers of all tokens in them, so that each segment finds what it spoilt itself.
    /// </summary>
    private int[] FindNotFinite(BatchTicket ticket, Activation output)
    {
        List<int>? rows = null;
        int last = _segment.Blocks.End;
        for (int item = 0; item < ticket.Layers.Length; item++)
        {
            int layer = ticket.Layers[item];
            if ((Holds(layer) && !IsFinite(output, layer, item))
                || (layer > last && output.Has(last) && !IsFinite(output, last, item)))
                (rows ??= []).Add(item);
        }
        return rows is null ? [] : [.. rows];
    }

    private bool IsFinite(Activation output, int layer, int item)
    {
        output.CopyPooled(layer, item, _row);
        return TensorPrimitives.IsFiniteAll<float>(_row.AsSpan(0, output.PooledWidth(layer)));
    }

    private async Task FinishAsync(BatchTicket ticket, Task<StageOutput> computing, Task before)
    {
        Activation? output = null;
        try
        {
            (output, int[] spoilt) = await computing;
            // Batches leave in the order in which they came.
            await before;
            if (_segment is FeatureSegment segment && segment.Extract(ticket, output, spoilt) is { Items.Count: > 0 } features)
                await _exits.Results.ReturnFeaturesAsync(features);
            PooledItems pooled = Pool(ticket, output, spoilt);
            if (pooled.Items.Length > 0)
                await _exits.Results.ReturnAsync(pooled);
            if (spoilt.Length > 0)
                throw Spoilt(ticket, spoilt);
        }
        catch (Exception exception)
        {
            output?.Dispose();
            output = null;
            await before;
            await _exits.Results.FailAsync(ticket.Batch, ToFailure(exception, ticket));
        }
        await HandOnAsync(ticket, output);
        _ahead.Release();
    }

    /// <summary>A line an image, so that each is found by its request.</summary>
    private void LogEach(BatchTicket ticket, string step)
    {
        if (!_logger.IsEnabled(LogLevel.Debug))
            return;
        foreach (string? requestId in ticket.RequestIds ?? [])
            LogStep(requestId, step, _key, ticket.Batch);
    }

    private async Task HandOnAsync(BatchTicket ticket, Activation? output)
    {
        if (output is null || _exits.Next is null || ticket.Deepest <= _segment.Blocks.End)
        {
            output?.Dispose();
            Interlocked.Decrement(ref _inFlight);
            return;
        }
        await _outbox.WaitAsync();
        _ = ForwardAsync(ticket, output, _exits.Next);
    }

    private async Task ForwardAsync(BatchTicket ticket, Activation output, INextStage next)
    {
        using Activity? span = GridTraces.Within(ticket.Trace, "transfer", _key.Replica.Model)?.SetTag("vitgrid.segment", _key.Segment);
        try
        {
            await next.ForwardAsync(ticket, output);
            LogEach(ticket, "has left");
        }
        catch (Exception exception)
        {
            LogNotHandedOn(_key, ticket.Batch, RequestLabel.List(ticket.RequestIds), exception.Message);
            await _exits.Results.FailAsync(ticket.Batch, exception is ReplicaLostException or GridException
                ? exception
                : new ReplicaLostException($"stage {_key} could not hand batch {ticket.Batch} on: {exception.Message}", exception));
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
            _outbox.Release();
        }
    }

    private Activation Compute(StageInput input)
    {
        long began = Stopwatch.GetTimestamp();
        try
        {
            return input.Hidden is { } hidden
                ? _segment.Run(hidden)
                : _segment.RunPixels(Memories(input.Pixels!));
        }
        finally
        {
            Interlocked.Add(ref _busyTicks, Stopwatch.GetTimestamp() - began);
        }
    }

    private int RowsOf(StageInput input) => input.Pixels is { } pixels ? _segment.Rows(Memories(pixels)) : 0;

    private static ReadOnlyMemory<byte>[] Memories(IReadOnlyList<Pixels> pixels) =>
        [.. pixels.Select(image => (ReadOnlyMemory<byte>)image.Memory)];

    private PooledItems Pool(BatchTicket ticket, Activation output, int[] spoilt)
    {
        int[] items = [.. Enumerable.Range(0, ticket.Layers.Length).Where(
            item => Holds(ticket.Layers[item]) && !spoilt.Contains(item))];
        float[][] vectors = [.. items.Select(item =>
        {
            float[] vector = new float[_width];
            output.CopyPooled(ticket.Layers[item], item, vector);
            return vector;
        })];
        return new(ticket.Batch, items, vectors);
    }

    /// <summary>Layer i is the output of block i − 1; layer 0, the embedding stage, belongs to the first segment.</summary>
    private bool Holds(int layer) =>
        layer <= _segment.Blocks.End && (layer > _segment.Blocks.First || (layer == 0 && _segment.Blocks.First == 0));

    /// <summary>What a run made, and the images whose vectors are no numbers.</summary>
    private readonly record struct StageOutput(Activation Activation, int[] Spoilt);

    [LoggerMessage(4021, LogLevel.Error, "Model {Model}: segment {Segment} failed on a batch of {Images}; requests: {RequestIds}")]
    private partial void LogFailed(Exception failure, string model, int segment, int images, string requestIds);

    [LoggerMessage(4022, LogLevel.Warning, "Stage {Stage} could not hand batch {Batch} on; requests: {RequestIds}; {Reason}")]
    private partial void LogNotHandedOn(StageKey stage, long batch, string requestIds, string reason);

    [LoggerMessage(4023, LogLevel.Debug, "Image of request {RequestId} {Step} stage {Stage} in batch {Batch}")]
    private partial void LogStep(string? requestId, string step, StageKey stage, long batch);
}
