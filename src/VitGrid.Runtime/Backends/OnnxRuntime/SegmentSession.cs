using System.Buffers;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Runtime.Backends.OnnxRuntime;

/// <summary>A segment that ONNX Runtime has loaded.</summary>
internal sealed class SegmentSession(SegmentRequest request, ActivationShape hidden, ISegmentEngine engine, SharedWeights? shared)
    : ISegmentSession
{
    private SharedWeights? _shared = shared;

    /// <inheritdoc/>
    public BlockRange Blocks => request.Blocks;

    /// <inheritdoc/>
    public Activation RunPixels(IReadOnlyList<ReadOnlyMemory<byte>> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        int bytes = request.InputSize.PixelBytes;
        MemoryHandle[] pinned = [.. images.Select(image => image[..bytes].Pin())];
        try
        {
            return engine.Run([.. pinned.Select(handle => new Piece(Address(handle), bytes))], images.Count);
        }
        finally
        {
            Array.ForEach(pinned, handle => handle.Dispose());
        }
    }

    /// <inheritdoc/>
    public Activation RunPixelValues(float[] planes)
    {
        ArgumentNullException.ThrowIfNull(planes);
        using MemoryHandle pinned = planes.AsMemory().Pin();
        return engine.Run([new(Address(pinned), (long)planes.Length * sizeof(float))], planes.Length / request.InputSize.PixelBytes);
    }

    /// <inheritdoc/>
    public Activation Run(Activation input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ActivationShape shape = input.Expect(hidden, Blocks);
        return engine.Run([new(input.AddressFor(engine.Space), shape.Bytes)], shape.BatchSize);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        engine.Dispose();
        // A second time it would give up another session's share.
        Interlocked.Exchange(ref _shared, null)?.Dispose();
    }

    private static unsafe nint Address(MemoryHandle pinned) => (nint)pinned.Pointer;
}
