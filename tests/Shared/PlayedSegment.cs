using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Runtime.InteropServices;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Testing;

/// <summary>
/// A segment without a model: a batch is known by its first byte, which every result carries on. Counts what of its results is alive.
/// </summary>
internal sealed unsafe class PlayedSegment(BlockRange blocks) : ISegmentSession
{
    public const int Width = 4;
    private int _alive;
    private int _mostAlive;

    /// <summary>Called on the device's thread before a batch is run: may hold or fail it.</summary>
    public Action<byte> Before { get; set; } = _ => { };

    /// <summary>The batches that were run, in order.</summary>
    public ConcurrentQueue<byte> Ran { get; } = new();

    /// <summary>Results that nobody has disposed.</summary>
    public int Alive => Volatile.Read(ref _alive);

    /// <summary>Most of them at one time.</summary>
    public int MaxAlive => Volatile.Read(ref _mostAlive);

    public bool IsFreed { get; private set; }

    public BlockRange Blocks => blocks;

    public Activation RunPixels(IReadOnlyList<ReadOnlyMemory<byte>> images) => Run(images.Count, images[0].Span[0]);

    public Activation RunPixelValues(float[] planes) => throw new NotSupportedException("a played segment takes pixels");

    public Activation Run(Activation input) => Run(input.BatchSize, input.HostHidden.Span[0]);

    public void Dispose() => IsFreed = true;

    /// <summary>A hidden state as another process would have sent it.</summary>
    public static Activation Hidden(byte batch, int images = 1)
    {
        byte[] bytes = new byte[images * Width * sizeof(float)];
        bytes[0] = batch;
        return Activation.FromHost(images, 1, Width, ActivationType.Float32, bytes, new Ending(() => { }));
    }

    private Activation Run(int images, byte batch)
    {
        Before(batch);
        Ran.Enqueue(batch);
        ActivationShape shape = new(images, 1, Width, ActivationType.Float32);
        byte* hidden = (byte*)NativeMemory.AllocZeroed((nuint)shape.Bytes);
        hidden[0] = batch;
        float* pooled = (float*)NativeMemory.Alloc((nuint)(2 * shape.Bytes));
        new Span<float>(pooled, images * 2 * Width).Fill(batch);
        _mostAlive = Math.Max(_mostAlive, Interlocked.Increment(ref _alive));
        FrozenDictionary<int, nint> layers = Enumerable.Range(blocks.First, blocks.Count + 1).ToFrozenDictionary(
            layer => layer, _ => (nint)pooled);
        return new(shape, new((nint)hidden, layers, FrozenDictionary<int, nint>.Empty), new Ending(() =>
        {
            NativeMemory.Free(hidden);
            NativeMemory.Free(pooled);
            Interlocked.Decrement(ref _alive);
        }));
    }

    private sealed class Ending(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
