using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Benchmarks.Flips;

/// <summary>
/// A model as one segment a block, which computes what the whole does to the last bit, with some images whose hidden state before each
/// block is kept: with another weight in one block only that block is loaded, and only what follows is computed.
/// </summary>
internal sealed class BlockChain
{
    private readonly IReadOnlyList<ISegmentSession> _segments;
    private readonly byte[][] _images;
    private readonly List<(byte[] Bytes, ActivationShape Shape)> _states = [];
    private readonly Checkpoint _checkpoint;
    private readonly InputSize _size;
    private readonly InputSize _own;

    /// <param name="checkpoint">The model.</param>
    /// <param name="segments">The segment of each block, loaded for images of the model's own size; the caller's to dispose.</param>
    /// <param name="own">That size.</param>
    /// <param name="size">The size of the images, which the segments compute as well.</param>
    /// <param name="images">The images, computed together.</param>
    public BlockChain(
        Checkpoint checkpoint, IReadOnlyList<ISegmentSession> segments, InputSize own, InputSize size, params byte[][] images)
    {
        (_checkpoint, _own, _size, _images) = (checkpoint, own, size, images);
        _segments = [.. segments.Select(At)];
        Known = Run(0, _segments[0], keep: true);
    }

    /// <summary>The images' vectors with the weights as they are.</summary>
    public float[][] Known { get; }

    public static IEnumerable<BlockRange> Blocks(Checkpoint checkpoint) =>
        Enumerable.Range(0, checkpoint.Architecture.Depth).Select(block => new BlockRange(block, 1));

    /// <summary>The images' vectors with another segment in the place of one block's.</summary>
    public float[][] RunWith(int block, ISegmentSession segment) => Run(block, At(segment), keep: false);

    private float[][] Run(int block, ISegmentSession segment, bool keep)
    {
        Activation state = block == 0
            ? segment.RunPixels([.. _images.Select(image => (ReadOnlyMemory<byte>)image)])
            : From(_states[block - 1], segment);
        try
        {
            for (int next = block + 1; next < _segments.Count; next++)
            {
                if (keep)
                    _states.Add((state.HostHidden.ToArray(), state.Shape));
                Activation before = state;
                state = _segments[next].Run(before);
                before.Dispose();
            }
            return [.. _images.Select((_, image) => Vector(state, image))];
        }
        finally
        {
            state.Dispose();
        }
    }

    private float[] Vector(Activation result, int image)
    {
        float[] vector = new float[_checkpoint.Architecture.Poolings.VectorWidth(_checkpoint.Architecture.Width, last: true)];
        result.CopyPooled(_checkpoint.Architecture.Depth, image, vector);
        return vector;
    }

    private ISegmentSession At(ISegmentSession segment) => _size == _own
        ? segment
        : segment.Resize(_size) ?? throw new NotSupportedException($"blocks of this model do not compute images of {_size}");

    private static Activation From((byte[] Bytes, ActivationShape Shape) state, ISegmentSession segment)
    {
        using Activation input = Activation.FromHost(
            state.Shape.BatchSize, state.Shape.Tokens, state.Shape.Width, state.Shape.ElementType, state.Bytes, Stream.Null);
        return segment.Run(input);
    }
}
