using VitGrid.Model.Encoders;
using VitGrid.Model.Graph;
using VitGrid.Model.Segments;
using VitGrid.Model.Vit;
using static VitGrid.Model.Graph.GraphWriter;

namespace VitGrid.Model.Towers;

/// <summary>The end of the last segment: the pooled vector, which is class token, mean and head in a row, and further outputs.</summary>
internal sealed class TowerEnd(
    GraphWriter graph, EncoderModel model, EncoderWeights weights, SegmentRequest request, SegmentEnds ends)
{
    /// <summary>The value that the head's projection takes, [B, D].</summary>
    public const string PreLogits = "pre_logits";

    /// <summary>The tokens after a norm that a checkpoint keeps for its training task, [B, T, D].</summary>
    public const string TaskNormed = "masked_lm_layernorm";

    private readonly EncoderArchitecture _architecture = model.Architecture;
    private readonly Layers _layers = new(graph, model.Architecture);

    private int Width => _architecture.Width;

    /// <summary>Gives out all that was asked for.</summary>
    /// <param name="rows">Tokens after the last norm, [B·T, D].</param>
    /// <param name="state">The same by image, [B, T, D].</param>
    public void Emit(Value rows, Value state)
    {
        string path = SegmentNames.Pooled(_architecture.Depth);
        bool hasHead = _architecture.Poolings.HeadWidth > 0;
        NormWeights? classNorm = Norm(Roles.ClassNorm);
        Value tokens = ends.Pooling.Pool(hasHead || classNorm is not null ? path + ".tokens" : path, state);
        Value mean = hasHead || classNorm is not null ? Mean(tokens) : default;
        Value pooled = tokens;
        Value? token = null;
        if (classNorm is { } norm)
        {
            token = _layers.Norm("class_norm", graph.Slice("class_norm.row", state, axis: 1, (0, 1)), norm);
            pooled = graph.Node(
                "Concat", hasHead ? path + ".normed" : path, [Single("class_norm.single", token.Value), mean], Attribute("axis", 1L));
        }
        if (hasHead)
            pooled = WithHead(path, state, pooled, mean, token);
        graph.Output(pooled, ElementType.Float, [-1, .. SegmentPorts.PooledShape(_architecture, _architecture.Depth)]);
        if (Asked(TaskNormed))
            EmitTaskNorm(rows);
    }

    private Value WithHead(string path, Value state, Value pooled, Value mean, Value? classToken)
    {
        PoolingFacts poolings = _architecture.Poolings;
        TowerHead head = new(graph, model, weights, ends.Tokens);
        Value inner = head.Inner(state, mean, classToken);
        if (Asked(PreLogits))
            graph.Output(head.First(PreLogits, inner, Width), ElementType.Float, -1, Width);
        Value vector = head.First("head", head.Project(inner), poolings.HeadWidth);
        Value flat = graph.Reshape(path + ".flat", pooled, -1, poolings.VectorWidth(Width, last: false));
        return graph.Node("Concat", path, [flat, vector], Attribute("axis", 1L));
    }

    private void EmitTaskNorm(Value rows)
    {
        Value normed = _layers.Norm(TaskNormed + ".rows", rows, Norm(Roles.TaskNorm)!);
        Value single = graph.Compute == ElementType.Float ? normed : graph.Cast(TaskNormed + ".single", normed, ElementType.Float);
        graph.Output(ends.Images(TaskNormed, single), ElementType.Float, -1, graph.Size(ends.Tokens), Width);
    }

    /// <summary>The last row of the pooled vectors: float [B, 1, D].</summary>
    private Value Mean(Value pooled) => _architecture.Poolings.ClassToken
        ? graph.Slice("mean", pooled, axis: 1, (1, 2))
        : pooled;

    private Value Single(string path, Value value) =>
        graph.Compute == ElementType.Float ? value : graph.Cast(path, value, ElementType.Float);

    private bool Asked(string output) => request.Outputs.Any(asked => asked.Name == output);

    private NormWeights? Norm(string role) =>
        weights.Find(Roles.Weight(role)) is { } weight ? new(weight, weights.Find(Roles.Bias(role))) : null;
}
