using System.Collections.Immutable;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;

namespace VitGrid.Model.Segments;

/// <summary>A segment as ONNX: a small graph whose weights point into the checkpoint's files.</summary>
/// <param name="Request">What it was built for.</param>
/// <param name="Onnx">The model's bytes.</param>
/// <param name="WeightFolder">The folder its external data is relative to: hand it to the runtime beside the bytes.</param>
/// <param name="Weights">The weights that are computed with as they lie in their files.</param>
/// <param name="Ports">What goes in and comes out.</param>
public sealed record SegmentModel(
    SegmentRequest Request, byte[] Onnx, string WeightFolder, ImmutableArray<SegmentWeight> Weights, SegmentPorts Ports)
{
    /// <summary>The rows of the texts that it takes, where it takes them without the rest; null: all have as many.</summary>
    public TextRows? ShortTexts { get; init; }

    /// <summary>The visual tokens that it gives out; null: none.</summary>
    public VisualTokens? VisualTokens { get; init; }

    /// <summary>Further inputs of a graph that serves images of every size: what makes it one for those of the request.</summary>
    public ImmutableArray<SizedTensor> Sizes { get; init; } = [];
}

/// <summary>A tensor that depends on the size of the images, and that a graph for every size is handed with each run.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="IsInteger">Whether its numbers are int64; else they are in single precision.</param>
/// <param name="Data">The numbers, little-endian.</param>
/// <param name="Shape">The dimensions.</param>
public sealed record SizedTensor(string Name, bool IsInteger, ImmutableArray<byte> Data, ImmutableArray<long> Shape);

/// <summary>A weight of a segment that is computed with as it lies in its file.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="Slice">Where it lies.</param>
/// <param name="Shape">The dimensions that the graph reads it with.</param>
public sealed record SegmentWeight(string Name, WeightSlice Slice, ImmutableArray<long> Shape);

/// <summary>What the first segment is fed.</summary>
public enum SegmentInput
{
    /// <summary>uint8 pixels [B, H, W, 3]; normalisation is part of the graph.</summary>
    Pixels,

    /// <summary>Normalised float planes [B, 3, H, W].</summary>
    PixelValues,
}

/// <summary>Which part of an encoder a segment holds, and what goes in and out.</summary>
public sealed record SegmentRequest
{
    /// <summary>The blocks; a range that starts at 0 holds the embedding stage too.</summary>
    public required BlockRange Blocks { get; init; }

    /// <summary>Height and width of the input image. Other sizes than the checkpoint's own interpolate the position embedding.</summary>
    public required InputSize InputSize { get; init; }

    /// <summary>Input of the first segment; later ones take the hidden state.</summary>
    public SegmentInput Input { get; init; }

    /// <summary>
    /// What hidden states and weights are computed in. Pixels are normalised and norms gather their statistics in single precision whatever
    /// it is, and pooled vectors come out in it.
    /// </summary>
    public ActivationType Compute { get; init; }

    /// <summary>The weights, where they are others than the checkpoint's own: those in 8 bits.</summary>
    public EncoderWeights? Weights { get; init; }

    /// <summary>Layers whose pooled vectors are outputs; those of other segments are passed over.</summary>
    public required ImmutableSortedSet<int> PooledLayers { get; init; }

    /// <summary>Layers whose whole hidden state is an output, besides the one handed to the next segment.</summary>
    public ImmutableSortedSet<int> HiddenStates { get; init; } = [];

    /// <summary>Whether a projector's tokens are an output of the segment that has the layer it takes.</summary>
    public bool VisualTokens { get; init; }

    /// <summary>
    /// Layers whose hidden state after the norm that follows the last block is an output; passed over where an encoder has no such norm.
    /// </summary>
    public ImmutableSortedSet<int> NormedStates { get; init; } = [];

    /// <summary>Further outputs of the last segment, of those that the encoder has.</summary>
    public ImmutableArray<EncoderOutput> Outputs { get; init; } = [];

    /// <summary>
    /// Whether texts come without the rows behind the one that becomes the vector, all of a batch with as many: see
    /// <see cref="TextRows"/>. Then vectors are the only output. Passed over where rows depend on those behind them, or blocks are missing.
    /// </summary>
    public bool ShortTexts { get; init; }

    /// <summary>
    /// Whether the graph is to serve images of every size whose rest beyond whole patches is the same: what depends on the size is an
    /// input then, see <see cref="SegmentModel.Sizes"/>. Passed over for texts, for encoders that take one size, and where visual tokens
    /// are asked for.
    /// </summary>
    public bool Resizable { get; init; }

    /// <summary>
    /// Whether rotations of queries and keys are written in ONNX's own operators: for execution providers that compute
    /// <c>com.microsoft.RotaryEmbedding</c> otherwise than ONNX Runtime. Slower.
    /// </summary>
    public bool SpelledRotations { get; init; }
}

/// <summary>A run of blocks that one segment holds.</summary>
/// <param name="First">Index of the first block.</param>
/// <param name="Count">How many; at least one.</param>
public readonly record struct BlockRange(int First, int Count)
{
    /// <summary>Index after the last block.</summary>
    public int End => First + Count;

    /// <summary>
    /// Cuts <paramref name="depth"/> blocks into <paramref name="segments"/> runs whose lengths differ by one at most, longer ones
    /// first.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="segments"/> is not in 1…<paramref name="depth"/>.</exception>
    public static IReadOnlyList<BlockRange> Split(int depth, int segments)
    {
        if (segments < 1 || segments > depth)
            throw new ArgumentOutOfRangeException(nameof(segments), segments, $"{depth} blocks can be cut into 1 to {depth} segments");
        int shortest = depth / segments;
        int longer = depth % segments;
        return
        [
            .. Enumerable.Range(0, segments)
                .Select(i => new BlockRange((i * shortest) + Math.Min(i, longer), shortest + (i < longer ? 1 : 0))),
        ];
    }

    /// <inheritdoc/>
    public override string ToString() => $"{First}..{End - 1}";
}

/// <summary>Height and width of an encoder's input image, in pixels.</summary>
public readonly record struct InputSize(int Height, int Width)
{
    /// <summary>What a sample of the image is; all images of a model have the same.</summary>
    public PixelType Samples { get; init; }

    /// <summary>The input that is a text of <paramref name="tokens"/> tokens.</summary>
    public static InputSize OfText(int tokens) => new(1, tokens) { Samples = PixelType.TokenId };

    /// <summary>A square input.</summary>
    public static InputSize Square(int side) => new(side, side);

    /// <summary>The input that a checkpoint's own images have.</summary>
    public static InputSize Of(ImagePreprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        return preprocessing.Samples == PixelType.TokenId
            ? OfText(preprocessing.Size) : Square(preprocessing.Size) with { Samples = preprocessing.Samples };
    }

    /// <summary>Samples of one RGB image of this size, or the tokens of a text.</summary>
    public int SampleCount => checked(Height * Width * (Samples == PixelType.TokenId ? 1 : 3));

    /// <summary>Bytes of one RGB image of this size, or of a text's ids.</summary>
    public int PixelBytes => checked(SampleCount * (Samples == PixelType.Byte ? 1 : 4));

    /// <summary>Bytes of one image as normalised planes, [3, H, W] in single precision.</summary>
    public int PlaneBytes => checked(SampleCount * sizeof(float));

    /// <summary>Tokens of one image: whole patches, the class token and registers; or of a text.</summary>
    public int Tokens(EncoderArchitecture architecture) => Patches(architecture.PatchSize) + architecture.PrefixTokens;

    /// <summary>Rows of the hidden state that one segment hands the next: tokens, and what else it carries.</summary>
    public int StateRows(EncoderArchitecture architecture) => Tokens(architecture) + (architecture.CarriesPooledRow ? 1 : 0);

    private int Patches(int side) => Height / side * (Width / side);

    /// <inheritdoc/>
    public override string ToString() => Samples == PixelType.TokenId ? $"{Width} tokens" : $"{Height}x{Width}";
}

/// <summary>Shape of a hidden state: [B, T, D], row-major.</summary>
/// <param name="BatchSize">B, images.</param>
/// <param name="Tokens">T, patches and the class token.</param>
/// <param name="Width">D.</param>
/// <param name="ElementType">Of every element.</param>
public readonly record struct ActivationShape(int BatchSize, int Tokens, int Width, ActivationType ElementType)
{
    /// <summary>Bytes of one image's hidden state.</summary>
    public long BytesPerImage => (long)Tokens * Width * ElementType.Bytes();

    /// <summary>Bytes of the whole.</summary>
    public long Bytes => BatchSize * BytesPerImage;

    /// <inheritdoc/>
    public override string ToString() => $"{ElementType} [{BatchSize}, {Tokens}, {Width}]";
}

/// <summary>Element type of the hidden state between two segments.</summary>
public enum ActivationType
{
    /// <summary>Single precision.</summary>
    Float32,

    /// <summary>bfloat16.</summary>
    BFloat16,

    /// <summary>Half precision.</summary>
    Float16,
}

/// <summary>Sizes of <see cref="ActivationType"/>.</summary>
public static class ActivationTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Bytes(this ActivationType type) => type == ActivationType.Float32 ? 4 : 2;

    /// <summary>The type of a stored tensor with such elements.</summary>
    public static TensorType AsStored(this ActivationType type) => type switch
    {
        ActivationType.BFloat16 => TensorType.BF16,
        ActivationType.Float16 => TensorType.F16,
        _ => TensorType.F32,
    };
}
