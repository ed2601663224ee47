using System.Collections.Frozen;
using System.Runtime.InteropServices;
using VitGrid.Engine.Replica;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Benchmarks.Pipeline;

/// <summary>
/// A segment that takes a fixed time for any batch and leaves a hidden state of the 300M model's size at 448: what is left of the time of a
/// stage is the pipeline's own.
/// </summary>
internal sealed unsafe class SimulatedSegment(BlockRange blocks, TimeSpan time) : ISegmentSession
{
    // The bytes of 1025 tokens of width 1024, in the width of a model that costs nothing to write.
    private const int Tokens = 16_400;
    private const int HiddenWidth = 64;

    public BlockRange Blocks => blocks;

    public static SegmentLoader Loader(TimeSpan time) => (_, settings) => new SimulatedSegment(settings.Blocks, time);

    public Activation RunPixels(IReadOnlyList<ReadOnlyMemory<byte>> images) => Run(images.Count);

    public Activation RunPixelValues(float[] planes) => throw new NotSupportedException("a simulated segment takes pixels");

    public Activation Run(Activation input) => Run(input.BatchSize);

    public void Dispose()
    {
        // Every run owns its own memory.
    }

    private Activation Run(int batchSize)
    {
        Thread.Sleep(time);
        ActivationShape shape = new(batchSize, Tokens, HiddenWidth, ActivationType.Float32);
        nint hidden = (nint)NativeMemory.AlignedAlloc((nuint)shape.Bytes, 64);
        nint pooled = (nint)NativeMemory.AllocZeroed((nuint)batchSize, (nuint)(2 * HiddenWidth * sizeof(float)));
        FrozenDictionary<int, nint> layers = Enumerable.Range(blocks.First, blocks.Count + 1).ToFrozenDictionary(
            layer => layer, _ => pooled);
        return new(shape, new(hidden, layers, FrozenDictionary<int, nint>.Empty), new Owned(hidden, pooled));
    }

    private sealed class Owned(nint hidden, nint pooled) : IDisposable
    {
        public void Dispose()
        {
            NativeMemory.AlignedFree((void*)hidden);
            NativeMemory.Free((void*)pooled);
        }
    }
}
