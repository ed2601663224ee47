using VitGrid.Model.Encoders;
using VitGrid.Model.Graph;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using static VitGrid.Model.Graph.GraphWriter;

namespace VitGrid.Model.Vit;

/// <summary>
/// From an image to tokens. The patch convolution's stride is its kernel size, so it is a linear layer over cut-out
/// patches: the stored [D, 3, P, P] kernel is read as [D, 3·P·P].
/// </summary>
internal sealed class PatchEmbedding(GraphWriter graph, EncoderModel model, EncoderWeights weights, InputSize input)
{
    private const int Channels = 3;

    private readonly EncoderArchitecture _architecture = model.Architecture;

    private int PatchSize => _architecture.PatchSize;

    private int GridHeight => input.Height / PatchSize;

    private int GridWidth => input.Width / PatchSize;

    /// <summary>
    /// uint8 pixels [B, H, W, 3] → (v / 255 − mean) / deviation, each step in single precision as the reference rounds it. Pixels in single
    /// precision are in units of full scale already.
    /// </summary>
    public Value Normalise(Value pixels)
    {
        ImagePreprocessing preprocessing = model.Preprocessing;
        Value x = input.Samples == PixelType.Single ? pixels : InUnits(pixels);
        x = graph.Node("Sub", "embeddings/centred", [x, graph.Constant("embeddings/mean", preprocessing.Mean.AsSpan(), Channels)]);
        Value deviation = graph.Constant("embeddings/deviation", preprocessing.StandardDeviation.AsSpan(), Channels);
        return graph.Node("Div", "embeddings/normalised", [x, deviation]);
    }

    private Value InUnits(Value pixels) => graph.Node(
        "Div", "embeddings/unit",
        [graph.Cast("embeddings/pixels", pixels, ElementType.Float), graph.Constant("embeddings/unit.scale", [255f], 1)]);

    /// <summary>Normalised [B, H, W, 3] → patches [B·P, 3·p·p], each in the kernel's order (channel, row, column).</summary>
    public Value PatchesOfRows(Value image)
    {
        image = WholePatches(graph.Computed("embeddings/image", image), rowAxis: 1);
        Value cut = graph.ReshapeSized(
            "embeddings/cut", image, "embeddings/cut.shape", -1, GridHeight, PatchSize, GridWidth, PatchSize, Channels);
        Value ordered = graph.Node("Transpose", "embeddings/ordered", [cut], Attribute("perm", 0, 1, 3, 5, 2, 4));
        return graph.Reshape("embeddings/patches", ordered, -1, Channels * PatchSize * PatchSize);
    }

    /// <summary>Normalised planes [B, 3, H, W] → the same patches.</summary>
    public Value PatchesOfPlanes(Value planes)
    {
        planes = WholePatches(graph.Computed("embeddings/image", planes), rowAxis: 2);
        Value cut = graph.ReshapeSized(
            "embeddings/cut", planes, "embeddings/cut.shape", -1, Channels, GridHeight, PatchSize, GridWidth, PatchSize);
        Value ordered = graph.Node("Transpose", "embeddings/ordered", [cut], Attribute("perm", 0, 2, 4, 1, 3, 5));
        return graph.Reshape("embeddings/patches", ordered, -1, Channels * PatchSize * PatchSize);
    }

    /// <summary>Patches → embedded patches, the linear layer: [B·P, 3·p·p] → [B, P, D].</summary>
    public Value Embed(Value patches)
    {
        int width = _architecture.Width;
        LinearWeights patch = weights.PatchEmbedding!;
        Value kernel = graph.Weight("embeddings/patch.weight", patch.Weight, width, Channels * PatchSize * PatchSize);
        ReadOnlySpan<Value> inputs = patch.Bias is { } bias
            ? [patches, kernel, graph.Weight("embeddings/patch.bias", bias)]
            : [patches, kernel];
        Value embedded = graph.Node("Gemm", "embeddings/patch", inputs, Attribute("transB", 1L));
        return graph.ReshapeSized("embeddings/grid", embedded, "embeddings/grid.shape", -1, GridHeight * GridWidth, width);
    }

    /// <summary>Puts the class token in front and adds the position: [B, P, D] → [B, 1 + P, D].</summary>
    public Value WithClassAndPosition(Value embedded)
    {
        Value tokens = graph.Node(
            "Concat", "embeddings/tokens", [Repeat("embeddings/class", weights.ClassToken!, embedded), embedded], Attribute("axis", 1L));
        return graph.Node("Add", "embeddings/placed", [tokens, Position()]);
    }

    /// <summary>
    /// Tokens of the checkpoint, R rows, once for each image of <paramref name="images"/>, [B, …, D] → [B, R, D]. They are added to a row
    /// less itself, not expanded to a computed shape: shapes are computed on the CPU, which a captured CUDA graph cannot hold.
    /// </summary>
    public Value Repeat(string path, WeightSlice tokens, Value images)
    {
        Value row = graph.Slice(path + ".row", images, axis: 1, (0, 1));
        Value zeros = graph.Node("Sub", path + ".zeros", [row, row]);
        long rows = tokens.Shape.Aggregate(1L, (product, side) => product * side) / _architecture.Width;
        return graph.Node("Add", path, [zeros, graph.Weight(path + ".weight", tokens, 1, rows, _architecture.Width)]);
    }

    /// <summary>Position embedding [1 + P, D]: the stored one at its own grid, interpolated for any other.</summary>
    private Value Position()
    {
        int rows = 1 + (GridHeight * GridWidth);
        int stored = _architecture.ImageSize / PatchSize;
        bool isOwn = GridHeight == stored && GridWidth == stored;
        if (isOwn && !graph.IsResizable)
            return graph.Weight("embeddings/position", weights.PositionEmbedding!, rows, _architecture.Width);
        float[] table = model.ReadFloats(model.Weights.PositionEmbedding!);
        float[] fitted = isOwn
            ? table
            : PositionTable.Fit(table, _architecture.Width, stored, GridHeight, GridWidth, _architecture.Interpolation);
        return graph.Computed("embeddings/position", graph.Sized("embeddings/position.fitted", fitted, rows, _architecture.Width));
    }

    /// <summary>Drops what is left over beyond whole patches at the right and the bottom, as the original's convolution does.</summary>
    private Value WholePatches(Value image, int rowAxis)
    {
        if (input.Height % PatchSize == 0 && input.Width % PatchSize == 0)
            return image;
        return graph.HeadSized("embeddings/whole", image, rowAxis, GridHeight * PatchSize, GridWidth * PatchSize);
    }
}
