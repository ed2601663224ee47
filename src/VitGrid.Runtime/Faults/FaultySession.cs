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
    private ISegmentSession _inner = inner;
    private FaultSpec? _flipped;
    private Task<ISegmentSession>? _flipping;
    private float[]? _last;

    /// <inheritdoc/>
    public BlockRange Blocks => _inner.Blocks;

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
    public void Dispose()
    {
        _inner.Dispose();
        _flipping?.ContinueWith(flipped => flipped.Result.Dispose(), TaskContinuationOptions.OnlyOnRanToCompletion);
    }

    private Activation Run(Func<Activation> run, int images)
    {
        IReadOnlyList<FaultSpec> now = faults.Begin();
        foreach (FaultSpec fault in now)
            Before(fault, images);
        long began = Stopwatch.GetTimestamp();
        Activation result = run();
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
            case FaultKind.ContextLost:
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
        _flipping ??= Task.Run(() => reload(new(fault.Seed, fault.Bit)));
        if (!_flipping.IsCompleted)
            return;
        ISegmentSession whole = _inner;
        _inner = _flipping.GetAwaiter().GetResult();
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
                Turn(result, fault);
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

    /// <summary>Rows trade places with their neighbours; a batch of one gets the vectors of the one before.</summary>
    private void Swap(Activation result)
    {
        foreach (int layer in result.PooledLayers)
        {
            float[] first = Row(result, layer, 0).ToArray();
            for (int row = 1; row < result.BatchSize; row++)
                Row(result, layer, row).CopyTo(Row(result, layer, row - 1));
            Span<float> last = Row(result, layer, result.BatchSize - 1);
            (result.BatchSize > 1 ? first : _last is { } other && other.Length == first.Length ? other : first).CopyTo(last);
            _last = first;
        }
    }

    private static void Turn(Activation result, FaultSpec fault)
    {
        Random random = new(fault.Seed);
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
}
