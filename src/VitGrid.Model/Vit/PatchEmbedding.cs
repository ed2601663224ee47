using VitGrid.Model.Checkpoints;
using VitGrid.Model.Graph;
using VitGrid.Model.Segments;
using static VitGrid.Model.Graph.GraphWriter;

namespace VitGrid.Model.Vit;

/// <summary>
/// From an image to tokens. The patch convolution's stride is its kernel size, so it is a linear layer over cut-out
/// patches: the stored [D, 3, P, P] kernel is read as [D, 3·P·P].
/// </summary>
internal sealed class PatchEmbedding(GraphWriter graph, Checkpoint checkpoint, EncoderWeights weights, InputSize input)
{
    private const int Channels = 3;

    private readonly EncoderArchitecture _architecture = checkpoint.Architecture;

    private int PatchSize => _architecture.PatchSize;

    private int GridHeight => input.Height / PatchSize;

    private int GridWidth => input.Width / PatchSize;

    /// <summary>
    /// uint8 pixels [B, H, W, 3] → (v / 255 − mean) / deviation, each step in single precision as the reference rounds it.
    /// </summary>
    public Value Normalise(Value pixels)
    {
        ImagePreprocessing preprocessing = checkpoint.Preprocessing;
        Value x = graph.Cast("embeddings/pixels", pixels, ElementType.Float);
        x = graph.Node("Div", "embeddings/unit", [x, graph.Constant("embeddings/unit.scale", [255f], 1)]);
        x = graph.Node("Sub", "embeddings/centred", [x, graph.Constant("embeddings/mean", preprocessing.Mean.AsSpan(), Channels)]);
        return graph.Node("Div", "embeddings/normalised", [
            x, graph.Constant("embeddings/deviation", preprocessing.StandardDeviation.AsSpan(), Channels)]);
    }

    /// <summary>Normalised [B, H, W, 3] → patches [B·P, 3·p·p], each in the kernel's order (channel, row, column).</summary>
    public Value PatchesOfRows(Value image)
    {
        image = WholePatches(graph.Computed("embeddings/image", image), rowAxis: 1);
        Value cut = Reshape("embeddings/cut", image, -1, GridHeight, PatchSize, GridWidth, PatchSize, Channels);
        Value ordered = graph.Node("Transpose", "embeddings/ordered", [cut], Attribute("perm", 0, 1, 3, 5, 2, 4));
        return Reshape("embeddings/patches", ordered, -1, Channels * PatchSize * PatchSize);
    }

    /// <summary>Normalised planes [B, 3, H, W] → the same patches.</summary>
    public Value PatchesOfPlanes(Value planes)
    {
        planes = WholePatches(graph.Computed("embeddings/image", planes), rowAxis: 2);
        Value cut = Reshape("embeddings/cut", planes, -1, Channels, GridHeight, PatchSize, GridWidth, PatchSize);
        Value ordered = graph.Node("Transpose", "embeddings/ordered", [cut], Attribute("perm", 0, 2, 4, 1, 3, 5));
        return Reshape("embeddings/patches", ordered, -1, Channels * PatchSize * PatchSize);
    }

    /// <summary>Patches → tokens: the linear layer, the class token in front, the position added. [B·P, 3·p·p] → [B·T, D].</summary>
    public Value Tokens(Value patches)
    {
        int width = _architecture.Width;
        LinearWeights patch = weights.PatchEmbedding;
        Value kernel = graph.Weight("embeddings/patch.weight", patch.Weight, width, Channels * PatchSize * PatchSize);
        ReadOnlySpan<Value> inputs = patch.Bias is { } bias
            ? [patches, kernel, graph.Weight("embeddings/patch.bias", bias)] : [patches, kernel];
        Value embedded = graph.Node("Gemm", "embeddings/patch", inputs, Attribute("transB", 1L));
        Value perImage = Reshape("embeddings/grid", embedded, -1, GridHeight * GridWidth, width);

        Value tokens = graph.Node("Concat", "embeddings/tokens", [ClassTokens(perImage), perImage], Attribute("axis", 1L));
        Value placed = graph.Node("Add", "embeddings/placed", [tokens, Position()]);
        return Reshape("embeddings/rows", placed, -1, width);
    }

    /// <summary>
    /// The class token once for each image: [B, 1, D]. It is added to a row less itself, not expanded to a computed shape: shapes are
    /// computed on the CPU, which a captured CUDA graph cannot hold.
    /// </summary>
    private Value ClassTokens(Value perImage)
    {
        Value row = Slice("embeddings/class.row", perImage, axis: 1, (0, 1));
        Value zeros = graph.Node("Sub", "embeddings/class.zeros", [row, row]);
        Value token = graph.Weight("embeddings/class.weight", weights.ClassToken, 1, 1, _architecture.Width);
        return graph.Node("Add", "embeddings/class", [zeros, token]);
    }

    /// <summary>Position embedding [T, D]: the stored one at its own grid, interpolated for any other.</summary>
    private Value Position()
    {
        int tokens = input.Tokens(PatchSize);
        int stored = _architecture.ImageSize / PatchSize;
        if (GridHeight == stored && GridWidth == stored)
            return graph.Weight("embeddings/position", weights.PositionEmbedding, tokens, _architecture.Width);
        float[] table = checkpoint.ReadFloats(checkpoint.Weights.PositionEmbedding);
        float[] fitted = PositionTable.Fit(table, _architecture.Width, stored, GridHeight, GridWidth, _architecture.Interpolation);
        return graph.Computed("embeddings/position", graph.Constant("embeddings/position.fitted", fitted, tokens, _architecture.Width));
    }

    /// <summary>Drops what is left over beyond whole patches at the right and the bottom, as the original's convolution does.</summary>
    private Value WholePatches(Value image, int rowAxis)
    {
        if (input.Height % PatchSize == 0 && input.Width % PatchSize == 0)
            return image;
        return Slice("embeddings/whole", image, rowAxis, (0, GridHeight * PatchSize), (0, GridWidth * PatchSize));
    }

    /// <summary>The given ranges of <paramref name="axis"/> and the axes after it.</summary>
    private Value Slice(string path, Value x, int axis, params ReadOnlySpan<(long Start, long End)> ranges)
    {
        long[] starts = new long[ranges.Length], ends = new long[ranges.Length], axes = new long[ranges.Length];
        for (int i = 0; i < ranges.Length; i++)
            (starts[i], ends[i], axes[i]) = (ranges[i].Start, ranges[i].End, axis + i);
        return graph.Node(
            "Slice", path, [x, graph.Integers(path + ".starts", starts), graph.Integers(path + ".ends", ends), graph.Integers(
                path + ".axes", axes)]);
    }

    private Value Reshape(string path, Value x, params ReadOnlySpan<long> shape) =>
        graph.Node("Reshape", path, [x, graph.Integers(path + ".shape", shape)]);
}
