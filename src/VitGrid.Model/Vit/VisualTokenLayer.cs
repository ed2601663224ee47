using VitGrid.Model.Encoders;
using VitGrid.Model.Graph;
using VitGrid.Model.Segments;
using static VitGrid.Model.Graph.GraphWriter;

namespace VitGrid.Model.Vit;

/// <summary>
/// Writes a <see cref="VisualProjector"/> behind a hidden state: [B·T, D] → visual tokens [B, N, E], an output of the graph.
/// </summary>
internal sealed class VisualTokenLayer(GraphWriter graph, EncoderArchitecture architecture, VisualProjector projector, InputSize size)
{
    private readonly int _rows = size.Height / architecture.PatchSize / projector.Side;
    private readonly int _columns = size.Width / architecture.PatchSize / projector.Side;

    public void Emit(Value rows)
    {
        FloatLinears linears = new(graph);
        Value squares = Shuffle(rows);
        Value normed = graph.Node(
            "LayerNormalization",
            "visual/norm",
            [squares, graph.Weight("visual/norm.weight", projector.Norm.Weight), graph.Weight("visual/norm.bias", projector.Norm.Bias!)],
            Attribute("axis", -1L),
            Attribute("epsilon", VisualProjector.NormEpsilon),
            Attribute("stash_type", (long)ElementType.Float));
        Operand wide = linears.LinearGelu("visual/first", "visual/gelu", linears.Prepare("visual/input", normed), projector.First);
        Value tokens = linears.Linear("visual/second", wide, projector.Second);
        Value images = graph.Reshape(SegmentNames.VisualTokens, tokens, -1, _rows * _columns, projector.Width);
        graph.Output(images, graph.Compute, -1, _rows * _columns, projector.Width);
    }

    /// <summary>
    /// [B·T, D] → [B·N, S² D]: a token for each square of patches, its patches' channels one behind another, rows first.
    /// </summary>
    public Value Shuffle(Value rows)
    {
        int side = projector.Side, prefix = architecture.PrefixTokens, patches = _rows * side * _columns * side;
        Value images = graph.Reshape("visual/images", rows, -1, prefix + patches, architecture.Width);
        Value grid = graph.Slice("visual/patches", images, axis: 1, (prefix, prefix + patches));
        Value cut = graph.Reshape("visual/cut", grid, -1, _rows, side, _columns, side, architecture.Width);
        Value ordered = graph.Node(
            "Transpose", "visual/ordered", [cut], projector.ByColumns ? Attribute("perm", 0, 3, 1, 2, 4, 5) : Attribute(
                "perm", 0, 1, 3, 2, 4, 5));
        return graph.Reshape("visual/squares", ordered, -1, side * side * architecture.Width);
    }
}
