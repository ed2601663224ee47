using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;

namespace VitGrid.Engine.Features;

/// <summary>Which tokens of a hidden state are given out; each kind is a tensor of its own.</summary>
[Flags]
public enum FeatureParts
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The class token: [D].</summary>
    Cls = 1,

    /// <summary>The register tokens: [R, D].</summary>
    Registers = 2,

    /// <summary>The patch tokens, never with a class token or a register among them: [P, D], or [D, H, W].</summary>
    Patches = 4,
}

/// <summary>What tensors with features are called.</summary>
public static class FeaturePart
{
    /// <summary>Visual tokens.</summary>
    public const string VisualTokens = "visual_tokens";

    /// <summary>One kind of tokens of a hidden state, such as <c>layers.24.patches</c>.</summary>
    public static string Name(int layer, FeatureParts part) => string.Create(
        CultureInfo.InvariantCulture, $"layers.{layer}.{(part switch
        {
            FeatureParts.Cls => "cls",
            FeatureParts.Registers => "registers",
            _ => "patches",
        })}");
}

/// <summary>How patch tokens lie.</summary>
public enum FeatureLayout
{
    /// <summary>A row a patch, the grid row by row: [P, D].</summary>
    Nlc,

    /// <summary>A plane a channel: [D, H, W], H × W the grid of patches.</summary>
    Nchw,
}

/// <summary>Element type of what is given out.</summary>
public enum FeatureType
{
    /// <summary>Single precision.</summary>
    Float32,

    /// <summary>Half precision, to the nearest, ties to even.</summary>
    Float16,

    /// <summary>bfloat16, to the nearest, ties to even.</summary>
    BFloat16,
}

/// <summary>
/// What is asked of an image beside or instead of its pooled vectors. It is answered by one <see cref="FeatureBlock"/> a layer, in the
/// order of <see cref="Layers"/>: class token, registers and patch tokens one behind another, each as far as it is asked for; and behind
/// them by one of visual tokens, where those are asked for.
/// </summary>
public sealed record FeatureOrder
{
    /// <summary>Hidden states, 0…L, ascending, each once; at least one where no visual tokens are asked for.</summary>
    public required ImmutableArray<int> Layers { get; init; }

    /// <summary>Which of their tokens; none where there are no layers.</summary>
    public required FeatureParts Parts { get; init; }

    /// <summary>
    /// The first of the layers that are given out after the norm that follows the last block; those before it, and all of an encoder
    /// without such a norm, are given out as they are. Default: none.
    /// </summary>
    public int NormedFrom { get; init; } = int.MaxValue;

    /// <summary>The hidden state that visual tokens are made of; null: none are asked for.</summary>
    public int? VisualLayer { get; init; }

    /// <summary>How patch tokens lie.</summary>
    public FeatureLayout Layout { get; init; }

    /// <summary>Element type.</summary>
    public FeatureType Type { get; init; }

    /// <summary>Blocks of an image.</summary>
    public int Blocks => Layers.Length + (VisualLayer is null ? 0 : 1);

    /// <summary>Whether nothing but visual tokens is asked for.</summary>
    public bool IsVisual => VisualLayer is not null && Layers.IsEmpty;

    /// <summary>The deepest hidden state that is needed.</summary>
    public int Deepest => Math.Max(Layers.IsEmpty ? 0 : Layers[^1], VisualLayer ?? 0);

    /// <summary>Bytes of one element.</summary>
    public int ElementBytes => Type == FeatureType.Float32 ? 4 : 2;

    /// <summary>The hidden state that a block is made of.</summary>
    public int LayerOf(int block) => block < Layers.Length ? Layers[block] : VisualLayer ?? throw new ArgumentOutOfRangeException(
        nameof(block), block, "there is no such block");

    /// <summary>Bytes of one block of an image.</summary>
    public long BlockBytes(FeatureShape shape, int block) => ElementBytes * (block < Layers.Length
        ? (long)shape.Count(Parts) * shape.Width
        : (long)shape.VisualCount * shape.VisualWidth);

    /// <summary>Bytes of all blocks of an image.</summary>
    public long Bytes(FeatureShape shape) => Enumerable.Range(0, Blocks).Sum(block => BlockBytes(shape, block));

    /// <summary>Says what is wrong with the order for a model of <paramref name="depth"/> blocks; null: nothing.</summary>
    public string? Fault(FeatureShape shape, int depth)
    {
        if (Layers.IsDefault || Blocks == 0)
            return "no layer of features is asked for";
        if (VisualLayer is { } visual && (shape.VisualCount == 0 || visual < 0 || visual > depth))
            return $"visual tokens of layer {visual} are asked for, which the model does not make";
        for (int i = 0; i < Layers.Length; i++)
        {
            if (Layers[i] < 0 || Layers[i] > depth || (i > 0 && Layers[i] <= Layers[i - 1]))
                return $"layer {Layers[i]} of features is not between 0 and {depth}, or not above the one before it";
        }
        if (Layers.IsEmpty)
            return Parts == FeatureParts.None && IsDefined ? null : $"parts of features are {Parts}, and there is no layer";
        if (Parts == FeatureParts.None || (Parts & ~(FeatureParts.Cls | FeatureParts.Registers | FeatureParts.Patches)) != 0)
            return $"parts of features are {(int)Parts}, which are none";
        if (shape.Count(Parts) == 0)
            return $"the model has no tokens that are {Parts}";
        return IsDefined ? null : $"layout {(int)Layout} or type {(int)Type} of features is none";
    }

    private bool IsDefined => Enum.IsDefined(Layout) && Enum.IsDefined(Type);
}

/// <summary>The tokens of one image: class token, registers, patches, in this order.</summary>
/// <param name="ClassTokens">0 or 1.</param>
/// <param name="Registers">R.</param>
/// <param name="Rows">H, patches from top to bottom.</param>
/// <param name="Columns">W, patches from left to right.</param>
/// <param name="Width">D.</param>
public readonly record struct FeatureShape(int ClassTokens, int Registers, int Rows, int Columns, int Width)
{
    /// <summary>N, visual tokens of an image; 0: the model makes none.</summary>
    public int VisualCount { get; init; }

    /// <summary>E, numbers of one of them.</summary>
    public int VisualWidth { get; init; }

    /// <summary>Numbers of all visual tokens of an image.</summary>
    public int VisualNumbers => VisualCount * VisualWidth;

    /// <summary>P.</summary>
    public int Patches => Rows * Columns;

    /// <summary>T, all tokens.</summary>
    public int Tokens => ClassTokens + Registers + Patches;

    /// <summary>The shape of an encoder's hidden states for images of <paramref name="size"/>, and of its projector's tokens.</summary>
    public static FeatureShape From(EncoderArchitecture architecture, InputSize size, VisualTokens? visual = null)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        int classTokens = architecture.Poolings.ClassToken ? 1 : 0, patch = architecture.PatchSize;
        return new(classTokens, architecture.PrefixTokens - classTokens, size.Height / patch, size.Width / patch, architecture.Width)
        {
            VisualCount = visual?.Count ?? 0,
            VisualWidth = visual?.Width ?? 0,
        };
    }

    /// <summary>Tokens of one kind or several.</summary>
    public int Count(FeatureParts parts) =>
        ((parts & FeatureParts.Cls) != 0 ? ClassTokens : 0)
        + ((parts & FeatureParts.Registers) != 0 ? Registers : 0)
        + ((parts & FeatureParts.Patches) != 0 ? Patches : 0);
}

/// <summary>Names of <see cref="FeatureType"/> in files.</summary>
public static class FeatureTypes
{
    /// <summary>The type of a stored tensor with such elements.</summary>
    public static TensorType AsStored(this FeatureType type) => type switch
    {
        FeatureType.Float16 => TensorType.F16,
        FeatureType.BFloat16 => TensorType.BF16,
        _ => TensorType.F32,
    };
}
