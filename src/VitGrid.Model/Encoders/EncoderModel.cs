using System.Collections.Immutable;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.Encoders;

/// <summary>An encoder as its family read it from a checkpoint: everything that graphs, fingerprints and 8-bit files are made of.</summary>
internal sealed record EncoderModel
{
    /// <summary>Whose tensor names the checkpoint uses, for people.</summary>
    public required string Naming { get; init; }

    public required EncoderArchitecture Architecture { get; init; }

    public required EncoderWeights Weights { get; init; }

    public required ImagePreprocessing Preprocessing { get; init; }

    /// <summary>What makes tokens for a language model of its own; null where it has none that is served.</summary>
    public VisualProjector? Projector { get; init; }

    /// <summary>Why a projector that is there is not served; null: nothing is wrong.</summary>
    public string? ProjectorFault { get; init; }

    /// <summary>The stored tensors that <see cref="Weights"/> are slices of, checked to be there in these shapes.</summary>
    public required IReadOnlyList<ExpectedTensor> Tensors { get; init; }

    /// <summary>The open files; whoever opened them closes them.</summary>
    public required TensorStore Store { get; init; }

    /// <summary>
    /// What the graph of a vision transformer depends on besides shape and weights; null where a family has its own graph.
    /// </summary>
    public TowerFacts? Tower { get; init; }

    /// <summary>The tower that reads texts beside this one, which sees images; null: there is none, or none that is served.</summary>
    public EncoderModel? Text { get; init; }

    /// <summary>Why a text tower that is there is not served; null: nothing is wrong.</summary>
    public string? TextFault { get; init; }

    /// <summary>How texts and images are held against each other; null where the checkpoint does not say.</summary>
    public LogitFacts? Logits { get; init; }

    /// <summary>What the last segment gives out on request, by the names that published reference outputs have.</summary>
    public ImmutableArray<EncoderOutput> Outputs { get; init; } = [];

    /// <summary>Which pooling a published name stands for, such as <c>pooler_output</c>.</summary>
    public ImmutableDictionary<string, Pooling> PooledNames { get; init; } = ImmutableDictionary<string, Pooling>.Empty;

    /// <summary>The elements of <paramref name="slice"/> widened to single precision, row-major.</summary>
    /// <exception cref="ArgumentException">The slice belongs to another checkpoint.</exception>
    public float[] ReadFloats(WeightSlice slice) => Store.FileOf(slice).ReadFloats(slice);
}

/// <summary>Which norm stands before attention and MLP.</summary>
public enum NormKind
{
    /// <summary>Mean and biased variance, weight and bias (the 300M model).</summary>
    LayerNorm,

    /// <summary>Root mean square, weight only (the 6B model).</summary>
    RmsNorm,
}

/// <summary>How position embeddings are fitted to another grid than the stored one.</summary>
public enum PositionInterpolation
{
    /// <summary>Bicubic, a = −0.75, no antialiasing: the original InternViT code and the class built into transformers.</summary>
    Original,

    /// <summary>Bicubic, a = −0.5, antialiased: timm's <c>resample_abs_pos_embed</c>. Images must be a whole number of patches.</summary>
    Timm,

    /// <summary>The same kernel; what is left over beyond whole patches is ignored: DINOv2 with registers in transformers.</summary>
    Antialiased,

    /// <summary>Not at all: the class takes images of its own size alone (AIMv2).</summary>
    Fixed,
}

/// <summary>The shape of an encoder: read from tensor shapes, checked against the checkpoint's config.</summary>
public sealed record EncoderArchitecture
{
    /// <summary>D, the width of every token.</summary>
    public required int Width { get; init; }

    /// <summary>L, the number of blocks.</summary>
    public required int Depth { get; init; }

    /// <summary>Attention heads; divides <see cref="Width"/>.</summary>
    public required int Heads { get; init; }

    /// <summary>M, the width inside the MLP.</summary>
    public required int MlpWidth { get; init; }

    /// <summary>Side of a square patch, in pixels.</summary>
    public required int PatchSize { get; init; }

    /// <summary>Side of the square image the position embedding was made for, in pixels.</summary>
    public required int ImageSize { get; init; }

    /// <summary>The norm before attention and MLP.</summary>
    public required NormKind Norm { get; init; }

    /// <summary>Epsilon of that norm.</summary>
    public required float NormEpsilon { get; init; }

    /// <summary>Whether q and k pass an RMSNorm over the full width.</summary>
    public required bool QueryKeyNorm { get; init; }

    /// <summary>Epsilon of the q/k norm: the norm's own in the original code, fixed at 1e-6 in transformers' class.</summary>
    public required float QueryKeyNormEpsilon { get; init; }

    /// <summary>The kernel for other input sizes.</summary>
    public required PositionInterpolation Interpolation { get; init; }

    /// <summary>Tokens before the patches: the class token and registers.</summary>
    public int PrefixTokens { get; init; } = 1;

    /// <summary>Whether an image must be a whole number of patches (timm) or the rest is ignored (the original).</summary>
    public bool RequiresWholePatches => Interpolation == PositionInterpolation.Timm;

    /// <summary>Width of one head.</summary>
    public int HeadWidth => Width / Heads;

    /// <summary>Tokens of a text, which is filled up to as many; 0: it takes images.</summary>
    public int ContextLength { get; init; }

    /// <summary>Tokens that a text is made of; 0: it takes images.</summary>
    public int VocabularySize { get; init; }

    /// <summary>
    /// Whether a row follows the tokens from segment to segment which says where a text is pooled: only its ids tell, and the first segment
    /// alone sees them.
    /// </summary>
    public bool CarriesPooledRow { get; init; }

    /// <summary>Whether a norm follows the last block, over all tokens. Default: no, as in InternViT.</summary>
    public bool FinalNorm { get; init; }

    /// <summary>Whether the MLP has a gate beside its first layer: act(gate) · up. Default: no.</summary>
    public bool GatedMlp { get; init; }

    /// <summary>The poolings it has. Default: class token and mean, the class token's by default, as in InternViT.</summary>
    public PoolingFacts Poolings { get; init; } = new();
}
