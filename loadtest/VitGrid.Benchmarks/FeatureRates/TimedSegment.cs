using System.Collections.Frozen;
using System.Diagnostics;
using System.Runtime.InteropServices;
using VitGrid.Engine.Replica;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Benchmarks.FeatureRates;

/// <summary>
/// A segment of all blocks that takes a fixed time an image and gives out hidden states of the model's own shape, full of one number: what
/// is made of them afterwards is the grid's work, not the device's.
/// </summary>
internal sealed unsafe class TimedSegment : ISegmentSession
{
    private readonly TimeSpan _anImage;
    private readonly ActivationShape _one;

    private TimedSegment(Checkpoint checkpoint, SegmentSettings settings, TimeSpan anImage)
    {
        (Blocks, _anImage) = (settings.Blocks, anImage);
        _one = new(1, settings.InputSize.Tokens(checkpoint.Architecture), checkpoint.Architecture.Width, ActivationType.Float32);
    }

    public BlockRange Blocks { get; }

    public static SegmentLoader Loader(TimeSpan anImage) => (checkpoint, settings) => new TimedSegment(checkpoint, settings, anImage);

    public Activation RunPixels(IReadOnlyList<ReadOnlyMemory<byte>> images) => Run(images.Count);

    public Activation RunPixelValues(float[] planes) => throw new NotSupportedException("a timed segment takes pixels");

    public Activation Run(Activation input) => Run(input.BatchSize);

    public void Dispose()
    {
        // Every run owns its own memory.
    }

    private Activation Run(int images)
    {
        long began = Stopwatch.GetTimestamp();
        ActivationShape shape = _one with { BatchSize = images };
        List<nint> owned = [];
        nint hidden = Allocate(shape.Bytes, owned), pooled = Allocate(2L * images * shape.Width * sizeof(float), owned);
        SegmentOutputs outputs = new(hidden, EachLayer(pooled), EachLayer(hidden)) { NormedStates = EachLayer(hidden) };
        Thread.Sleep(TimeSpan.FromTicks(Math.Max(0, ((_anImage * images) - Stopwatch.GetElapsedTime(began)).Ticks)));
        return new(shape, outputs, new Owned(owned));
    }

    private FrozenDictionary<int, nint> EachLayer(nint address) =>
        Enumerable.Range(Blocks.First, Blocks.Count + 1).ToFrozenDictionary(layer => layer, _ => address);

    private static nint Allocate(long bytes, List<nint> owned)
    {
        nint memory = (nint)NativeMemory.AlignedAlloc((nuint)bytes, 64);
        new Span<float>((void*)memory, (int)(bytes / sizeof(float))).Fill(0.5f);
        owned.Add(memory);
        return memory;
    }

    private sealed class Owned(List<nint> memory) : IDisposable
    {
        public void Dispose()
        {
            foreach (nint piece in memory)
                NativeMemory.AlignedFree((void*)piece);
            memory.Clear();
        }
    }
}
