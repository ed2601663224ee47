using VitGrid.Model.Encoders;

namespace VitGrid.Model.Segments;

/// <summary>What one encoder costs at one input size: arithmetic and memory of the embedding stage and of each (equal) block.</summary>
public sealed record EncoderCosts
{
    /// <summary>L, the number of blocks.</summary>
    public required int Depth { get; init; }

    /// <summary>FLOP of the patch embedding of one image: 2 P D 3 p², P patches of p × p pixels.</summary>
    public required double EmbeddingFlops { get; init; }

    /// <summary>FLOP of one block for one image: 2 T (4 D² + 2 D M) for the linears (3 D M with a gate), 4 T² D for attention.</summary>
    public required double BlockFlops { get; init; }

    /// <summary>Parameters of the patch embedding, class token, registers and position embedding.</summary>
    public required long EmbeddingParameters { get; init; }

    /// <summary>Parameters of one block.</summary>
    public required long BlockParameters { get; init; }

    /// <summary>Parameters of what follows the last block: norm, projection, attention that pools.</summary>
    public long HeadParameters { get; init; }

    /// <summary>
    /// Numbers alive at once while a block runs on one image, an upper estimate: the larger of attention (residual, norm, q, k, v and
    /// heads × T² scores) and MLP (residual, norm, T × M before and after GELU).
    /// </summary>
    public required long ActivationElements { get; init; }

    /// <summary>FLOP of one image through the whole encoder.</summary>
    public double TotalFlops => EmbeddingFlops + (Depth * BlockFlops);

    /// <summary>Parameters of the whole encoder.</summary>
    public long TotalParameters => EmbeddingParameters + (Depth * BlockParameters) + HeadParameters;

    /// <summary>The costs of <paramref name="architecture"/> for images of <paramref name="size"/>.</summary>
    /// <param name="architecture">The encoder's shape.</param>
    /// <param name="size">Input height and width, in pixels.</param>
    /// <param name="queryBias">Whether q, k and v have biases (the 300M model; not the 6B).</param>
    public static EncoderCosts From(EncoderArchitecture architecture, InputSize size, bool queryBias)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        double width = architecture.Width, tokens = size.Tokens(architecture);
        double patch = 3.0 * architecture.PatchSize * architecture.PatchSize;
        double linears = (4 * width * width) + (MlpLayers(architecture) * width * architecture.MlpWidth);
        return new()
        {
            Depth = architecture.Depth,
            EmbeddingFlops = 2 * (tokens - architecture.PrefixTokens) * width * patch,
            BlockFlops = (2 * tokens * linears) + (4 * tokens * tokens * width),
            EmbeddingParameters = CountEmbedding(architecture),
            BlockParameters = CountBlock(architecture, queryBias),
            ActivationElements = CountActivations(architecture, size.Tokens(architecture)),
        };
    }

    /// <summary>
    /// These costs with the memory of another encoder that goes where this one goes, cut over the same devices in the same proportions.
    /// Parts of a block are rounded up; the arithmetic stays.
    /// </summary>
    /// <param name="other">The other encoder.</param>
    /// <param name="batch">Inputs in one batch of this one; at least 1.</param>
    /// <param name="otherBatch">Inputs in one batch of the other.</param>
    public EncoderCosts WithMemoryOf(EncoderCosts other, int batch, int otherBatch)
    {
        ArgumentNullException.ThrowIfNull(other);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        return this with
        {
            EmbeddingParameters = EmbeddingParameters + other.EmbeddingParameters,
            BlockParameters = BlockParameters + (((other.Depth * other.BlockParameters) + Depth - 1) / Depth),
            HeadParameters = HeadParameters + other.HeadParameters,
            ActivationElements = ActivationElements + (((other.ActivationElements * otherBatch) + batch - 1) / batch),
        };
    }

    /// <summary>Linear layers of the MLP: a gate is a third.</summary>
    private static int MlpLayers(EncoderArchitecture shape) => shape.GatedMlp ? 3 : 2;

    private static long CountEmbedding(EncoderArchitecture shape)
    {
        long grid = shape.ImageSize / shape.PatchSize;
        long rows = (3L * shape.PatchSize * shape.PatchSize) + 1 + shape.PrefixTokens + (grid * grid) + 1;
        return rows * shape.Width;
    }

    private static long CountBlock(EncoderArchitecture shape, bool queryBias)
    {
        long width = shape.Width, mlp = shape.MlpWidth;
        long matrices = (4 * width * width) + (MlpLayers(shape) * width * mlp);
        long biases = (queryBias ? 3 * width : 0) + width + mlp + width;
        long norms = 2 * width * (shape.Norm == NormKind.LayerNorm ? 2 : 1);
        long queryKeyNorms = shape.QueryKeyNorm ? 2 * width : 0;
        long layerScales = 2 * width;
        return matrices + biases + norms + queryKeyNorms + layerScales;
    }

    private static long CountActivations(EncoderArchitecture shape, long tokens)
    {
        long attention = (5 * tokens * shape.Width) + (shape.Heads * tokens * tokens);
        long mlp = (2 * tokens * shape.Width) + (MlpLayers(shape) * tokens * shape.MlpWidth);
        return Math.Max(attention, mlp);
    }
}
