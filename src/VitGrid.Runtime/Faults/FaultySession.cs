using System.Diagnostics;
using System.Runtime.InteropServices;
using VitGrid.Model.Graph;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Health;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Runtime.Faults;

/// <summary>A session whose runs have the faults of its device.</summary>
/// <param name="inner">What computes.</param>
/// <param name="faults">The device's faults.</param>
/// <param name="reload">Loads the segment again with a weight that has a wrong bit.</param>
internal sealed class FaultySession(ISegmentSession inner, DeviceFaults faults, Func<WeightFlip, ISegmentSession> reload) : ISegmentSession
{
    // The hidden state's number beside those of layers.
    private const int Hidden = -1;

    private readonly Dictionary<int, byte[]> _last = [];
    private readonly TimedRuns _timed = new();
    private ISegmentSession _inner = inner;
    private FaultSpec? _flipped;
    private Task? _flipping;
    private ISegmentSession? _ready;
    private Random? _drawn;
    private volatile bool _isStuck;

    /// <inheritdoc/>
    public BlockRange Blocks => _inner.Blocks;

    /// <inheritdoc/>
    public MappedWeights? Mapped => _inner.Mapped;

    /// <inheritdoc/>
    public int Rows(IReadOnlyList<ReadOnlyMemory<byte>> texts) => _inner.Rows(texts);

    /// <inheritdoc/>
    public Activation RunPixels(IReadOnlyList<ReadOnlyMemory<byte>> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        return Run(() => _inner.RunPixels(images), images.Count);
    }

    /// <inheritdoc/>
    public Activation RunPixelValues(float[] planes) => Run(() => _inner.RunPixelValues(planes), 1);

    /// <inheritdoc/>
    public Activation Run(Activation input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Run(() => _inner.Run(input), input.BatchSize);
    }

    /// <inheritdoc/>
    public ISegmentSession? Resize(InputSize size) => _inner.Resize(size) is { } resized ? new Resized(this, size, resized) : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isStuck)
            Thread.Sleep(Timeout.Infinite);
        _timed.Dispose();
        _inner.Dispose();
        if (_flipping is { } flipping)
            _ = DisposeLaterAsync(flipping);
    }

    private async Task DisposeLaterAsync(Task flipping)
    {
        await flipping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Interlocked.Exchange(ref _ready, null)?.Dispose();
    }

    private Activation Run(Func<Activation> run, int images)
    {
        IReadOnlyList<FaultSpec> now = faults.Begin();
        foreach (FaultSpec fault in now)
            Before(fault, images);
        long began = Stopwatch.GetTimestamp();
        FaultSpec? timed = now.FirstOrDefault(fault => fault.Kind == FaultKind.Timed);
        Activation result = timed is null ? run() : _timed.Run(timed, images, run);
        try
        {
            foreach (FaultSpec fault in now)
                After(fault, result, Stopwatch.GetElapsedTime(began));
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    private void Before(FaultSpec fault, int images)
    {
        switch (fault.Kind)
        {
            case FaultKind.Throw:
                throw new SegmentRunException(RunFailure.Device, "an injected fault: the device threw");
            case FaultKind.ContextLost or FaultKind.Stuck:
                _isStuck = fault.Kind == FaultKind.Stuck;
                throw new SegmentRunException(
                    RunFailure.Context, "an injected fault: CUDA failure 700: an illegal memory access was encountered");
            case FaultKind.Memory when images >= fault.Size:
                throw new SegmentRunException(
                    RunFailure.Memory, $"an injected fault: Failed to allocate memory for requested buffer of a batch of {images}");
            case FaultKind.Hang:
                Thread.Sleep(Timeout.Infinite);
                break;
            case FaultKind.Weight when !ReferenceEquals(_flipped, fault):
                Flip(fault);
                break;
            default:
                break;
        }
    }

    /// <summary>The segment is loaded beside the runs: they are not to take longer than they would.</summary>
    private void Flip(FaultSpec fault)
    {
        _flipping ??= Task.Run(() => Volatile.Write(ref _ready, reload(new(fault.Seed, fault.Bit))));
        if (_flipping.Exception?.InnerException is { } failure)
            throw new SegmentRunException(RunFailure.Device, $"an injected fault: no weight can be turned: {failure.Message}", failure);
        if (Interlocked.Exchange(ref _ready, null) is not { } flipped)
            return;
        ISegmentSession whole = _inner;
        _inner = flipped;
        (_flipped, _flipping) = (fault, null);
        whole.Dispose();
    }

    private void After(FaultSpec fault, Activation result, TimeSpan took)
    {
        switch (fault.Kind)
        {
            case FaultKind.Slow:
                Thread.Sleep((fault.Times - 1) * took);
                break;
            case FaultKind.NotANumber:
                Spoil(result, fault);
                break;
            case FaultKind.Swap:
                Swap(result);
                break;
            case FaultKind.Activation:
                Turn(result, fault, new(fault.Seed));
                break;
            case FaultKind.Transient when (_drawn ??= new(fault.Seed)).NextDouble() < fault.Part:
                Turn(result, fault, _drawn);
                break;
            default:
                break;
        }
    }

    /// <summary>At least one row holds a NaN in every result.</summary>
    private static void Spoil(Activation result, FaultSpec fault)
    {
        Random random = new(fault.Seed + Environment.TickCount);
        int sure = random.Next(result.BatchSize);
        for (int row = 0; row < result.BatchSize; row++)
        {
            if (row != sure && random.NextDouble() >= fault.Part)
                continue;
            foreach (int layer in result.PooledLayers)
                Row(result, layer, row)[random.Next(result.PooledWidth(layer))] = row % 2 == 0 ? float.NaN : float.PositiveInfinity;
        }
    }

    /// <summary>Rows trade places with their neighbours; a batch of one gets those of the one before.</summary>
    private void Swap(Activation result)
    {
        Swap(Hidden, result.Writable, result.BatchSize);
        foreach (int layer in result.PooledLayers)
            Swap(layer, MemoryMarshal.AsBytes(result.Pooled(layer)), result.BatchSize);
    }

    private void Swap(int key, Span<byte> rows, int count)
    {
        int width = rows.Length / count;
        if (width == 0)
            return;
        byte[] first = rows[..width].ToArray();
        rows[width..].CopyTo(rows);
        (count == 1 && _last.TryGetValue(key, out byte[]? other) && other.Length == width ? other : first).CopyTo(rows[^width..]);
        _last[key] = first;
    }

    private static void Turn(Activation result, FaultSpec fault, Random random)
    {
        int bit = fault.Bit ?? random.Next(32);
        Span<byte> hidden = result.Writable;
        if (hidden.Length > 0)
            hidden[(int)(random.NextInt64(hidden.Length / 4) * 4) + (bit / 8)] ^= (byte)(1 << (bit % 8));
        foreach (int layer in result.PooledLayers)
        {
            Span<int> row = MemoryMarshal.Cast<float, int>(Row(result, layer, random.Next(result.BatchSize)));
            row[random.Next(row.Length)] ^= 1 << bit;
        }
    }

    private static Span<float> Row(Activation result, int layer, int row) =>
        result.Pooled(layer).Slice(row * result.PooledWidth(layer), result.PooledWidth(layer));

    /// <summary>The session for images of another size: its device's faults are those of the session, a turned weight included.</summary>
    private sealed class Resized(FaultySession whole, InputSize size, ISegmentSession first) : ISegmentSession
    {
        private (ISegmentSession Of, ISegmentSession Session) _now = (whole._inner, first);

        public BlockRange Blocks => whole.Blocks;

        public Activation RunPixels(IReadOnlyList<ReadOnlyMemory<byte>> images) => whole.Run(() => Now().RunPixels(images), images.Count);

        public Activation RunPixelValues(float[] planes) => whole.Run(() => Now().RunPixelValues(planes), 1);

        public Activation Run(Activation input) => whole.Run(() => Now().Run(input), input.BatchSize);

        public void Dispose()
        {
            // It goes with the session.
        }

        private ISegmentSession Now()
        {
            if (!ReferenceEquals(_now.Of, whole._inner))
                _now = (whole._inner, whole._inner.Resize(size)!);
            return _now.Session;
        }
    }
}
