using VitGrid.Model.Checkpoints;
using VitGrid.Model.Graph;
using VitGrid.Model.Segments;
using static VitGrid.Model.Graph.GraphWriter;

namespace VitGrid.Model.Vit;

/// <summary>
/// From a picture to tokens. The patch convolution's stride is its kernel size, so it is a linear layer over cut-out
/// patches: the stored [D, 3, P, P] kernel is read as [D, 3·P·P].
/// </summary>
internal sealed class PatchEmbedding(GraphWriter graph, Checkpoint checkpoint, InputSize input)
{
    private const int Channels = 3;

    private readonly EncoderArchitecture _architecture = checkpoint.Architecture;

    private int PatchSize => _architecture.PatchSize;

    private int GridHeight => input.Height / PatchSize;

    private int GridWidth => input.Width / PatchSize;

    /// <summary>uint8 pixels [B, H, W, 3] → (v / 255 − mean) / deviation, each step in single precision as the reference rounds it.</summary>
    public Value Normalise(Value pixels)
    {
        ImagePreprocessing preprocessing = checkpoint.Preprocessing;
        Value x = graph.Node("Cast", "embeddings/pixels", [pixels], Attribute("to", (long)ElementType.Float));
        x = graph.Node("Div", "embeddings/unit", [x, graph.Constant("embeddings/unit.scale", [255f], 1)]);
        x = graph.Node("Sub", "embeddings/centred", [x, graph.Constant("embeddings/mean", preprocessing.Mean.AsSpan(), Channels)]);
        return graph.Node("Div", "embeddings/normalised", [x, graph.Constant("embeddings/deviation", preprocessing.StandardDeviation.AsSpan(), Channels)]);
    }

    /// <summary>Normalised [B, H, W, 3] → patches [B·P, 3·p·p], each in the kernel's order (channel, row, column).</summary>
    public Value PatchesOfRows(Value picture)
    {
        picture = WholePatches(picture, rowAxis: 1);
        Value cut = Reshape("embeddings/cut", picture, -1, GridHeight, PatchSize, GridWidth, PatchSize, Channels);
        Value ordered = graph.Node("Transpose", "embeddings/ordered", [cut], Attribute("perm", 0, 1, 3, 5, 2, 4));
        return Reshape("embeddings/patches", ordered, -1, Channels * PatchSize * PatchSize);
    }

    /// <summary>Normalised planes [B, 3, H, W] → the same patches.</summary>
    public Value PatchesOfPlanes(Value planes)
    {
        planes = WholePatches(planes, rowAxis: 2);
        Value cut = Reshape("embeddings/cut", planes, -1, Channels, GridHeight, PatchSize, GridWidth, PatchSize);
        Value ordered = graph.Node("Transpose", "embeddings/ordered", [cut], Attribute("perm", 0, 2, 4, 1, 3, 5));
        return Reshape("embeddings/patches", ordered, -1, Channels * PatchSize * PatchSize);
    }

    /// <summary>Patches → tokens: the linear layer, the class token in front, the position added. [B·P, 3·p·p] → [B·T, D].</summary>
    public Value Tokens(Value patches)
    {
        int width = _architecture.Width;
        LinearWeights weights = checkpoint.Weights.PatchEmbedding;
        Value kernel = graph.Weight("embeddings/patch.weight", weights.Weight, width, Channels * PatchSize * PatchSize);
        ReadOnlySpan<Value> inputs = weights.Bias is { } bias ? [patches, kernel, graph.Weight("embeddings/patch.bias", bias)] : [patches, kernel];
        Value embedded = graph.Node("Gemm", "embeddings/patch", inputs, Attribute("transB", 1L));
        Value perPicture = Reshape("embeddings/grid", embedded, -1, GridHeight * GridWidth, width);

        Value tokens = graph.Node("Concat", "embeddings/tokens", [ClassTokens(perPicture), perPicture], Attribute("axis", 1L));
        Value placed = graph.Node("Add", "embeddings/placed", [tokens, Position()]);
        return Reshape("embeddings/rows", placed, -1, width);
    }

    /// <summary>The class token once for each picture: [B, 1, D].</summary>
    private Value ClassTokens(Value perPicture)
    {
        int width = _architecture.Width;
        Value batch = graph.Node("Shape", "embeddings/batch", [perPicture], Attribute("start", 0L), Attribute("end", 1L));
        Value shape = graph.Node("Concat", "embeddings/class.shape", [batch, graph.Integers("embeddings/class.row", 1, width)], Attribute("axis", 0L));
        return graph.Node("Expand", "embeddings/class", [graph.Weight("embeddings/class.weight", checkpoint.Weights.ClassToken, 1, 1, width), shape]);
    }

    /// <summary>Position embedding [T, D]: the stored one at its own grid, interpolated for any other.</summary>
    private Value Position()
    {
        int tokens = input.Tokens(PatchSize);
        int stored = _architecture.ImageSize / PatchSize;
        if (GridHeight == stored && GridWidth == stored)
            return graph.Weight("embeddings/position", checkpoint.Weights.PositionEmbedding, tokens, _architecture.Width);
        float[] table = checkpoint.ReadFloats(checkpoint.Weights.PositionEmbedding);
        float[] fitted = PositionTable.Fit(table, _architecture.Width, stored, GridHeight, GridWidth, _architecture.Interpolation);
        return graph.Constant("embeddings/position", fitted, tokens, _architecture.Width);
    }

    /// <summary>Drops what is left over beyond whole patches at the right and the bottom, as the original's convolution does.</summary>
    private Value WholePatches(Value picture, int rowAxis)
    {
        if (input.Height % PatchSize == 0 && input.Width % PatchSize == 0)
            return picture;
        return graph.Node(
            "Slice",
            "embeddings/whole",
            [
                picture,
                graph.Integers("embeddings/whole.starts", 0, 0),
                graph.Integers("embeddings/whole.ends", GridHeight * PatchSize, GridWidth * PatchSize),
                graph.Integers("embeddings/whole.axes", rowAxis, rowAxis + 1),
            ]);
    }

    private Value Reshape(string path, Value x, params ReadOnlySpan<long> shape) =>
        graph.Node("Reshape", path, [x, graph.Integers(path + ".shape", shape)]);
}
