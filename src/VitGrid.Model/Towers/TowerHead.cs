using VitGrid.Model.Encoders;
using VitGrid.Model.Graph;
using VitGrid.Model.Vit;
using static VitGrid.Model.Graph.GraphWriter;

namespace VitGrid.Model.Towers;

/// <summary>
/// The family's own pooling: class token, mean or attention, then what of norm, dense layer and projection there is. Each image is two
/// equal
/// rows throughout: a matrix product of a single row is summed in another order, and an image alone would differ from one among others.
/// </summary>
internal sealed class TowerHead(GraphWriter graph, EncoderModel model, EncoderWeights weights, int tokens)
{
    private const int Rows = 2;

    private readonly EncoderArchitecture _architecture = model.Architecture;
    private readonly TowerFacts _facts = model.Tower!;
    private readonly Layers _layers = new(graph, model.Architecture);
    private readonly FloatLinears _linears = new(graph);
    private readonly Functions _functions = new(graph);

    /// <summary>What the projection takes: [B, T, D] after the last norm and [B, 1, D], the mean → [2 B, D].</summary>
    public Value Inner(Value state, Value mean, Value? classToken)
    {
        Value rows = _facts.HeadFrom switch
        {
            HeadSource.Attention => Attention(state),
            HeadSource.Mean => Twice("head/mean", graph.Computed("head/mean.computed", mean)),
            _ => Twice("head/class", classToken ?? graph.Slice("head/class.row", state, axis: 1, (0, 1))),
        };
        if (Norm(Roles.MeanNorm) is { } norm)
            rows = _layers.Norm("head/norm", rows, norm);
        if (Linear(Roles.Dense) is { } dense)
            rows = graph.Node("Tanh", "head/tanh", [_linears.Linear("head/dense", new(rows), dense)]);
        return rows;
    }

    /// <summary>[2 B, D] → [2 B, E]; the same where there is no projection.</summary>
    public Value Project(Value rows)
    {
        if (Linear(Roles.HeadProjection) is not { } projection)
            return rows;
        Value weight = graph.Weight("head/projection.weight", projection.Weight);
        ReadOnlySpan<Value> inputs = projection.Bias is { } bias
            ? [rows, weight, graph.Weight("head/projection.bias", bias)]
            : [rows, weight];
        return graph.Node("Gemm", "head/projection", inputs, Attribute("transB", _facts.ProjectionByColumns ? 0L : 1L));
    }

    /// <summary>The first of each image's two rows, in single precision: [2 B, W] → [B, W].</summary>
    public Value First(string path, Value rows, int width)
    {
        Value first = graph.Slice(path + ".first", graph.Reshape(path + ".images", rows, -1, Rows, width), axis: 1, (0, 1));
        return graph.Reshape(
            path, graph.Compute == ElementType.Float ? first : graph.Cast(path + ".single", first, ElementType.Float), -1, width);
    }

    /// <summary>
    /// A learned query attends to all tokens; r = projection(attended); r + mlp(norm(r)): [B, T, D] → [2 B, D].
    /// </summary>
    private Value Attention(Value state)
    {
        int width = _architecture.Width;
        Value all = graph.Reshape("head/tokens", state, -1, width);
        Value query = new PatchRows(graph, width).Repeat("head/query", weights.Other(Roles.PoolQuery), state, Rows);
        if (Linear(Roles.PoolQueryProjection) is { } queryLayer)
        {
            Value rows = graph.Reshape("head/query.rows", query, -1, width);
            query = graph.Reshape("head/query.images", _linears.Linear("head/query_layer", new(rows), queryLayer), -1, Rows, width);
        }
        Value keys = Images("head/keys", _linears.Linear("head/key_layer", new(all), Linear(Roles.PoolKey)!));
        Value values = Images("head/values", _linears.Linear("head/value_layer", new(all), Linear(Roles.PoolValue)!));
        Value attended = graph.ContribNode(
            "MultiHeadAttention", "head/attended", [query, keys, values], Attribute("num_heads", (long)_facts.PoolHeads));
        Value x = _linears.Linear(
            "head/attended_layer", new(graph.Reshape("head/attended.rows", attended, -1, width)), Linear(Roles.PoolProjection)!);
        return Norm(Roles.PoolNorm) is { } norm ? graph.Node("Add", "head/pooled", [x, Mlp(x, norm)]) : x;
    }

    private Value Mlp(Value x, NormWeights norm)
    {
        Value normed = _layers.Norm("head/mlp_norm", x, norm, _facts.PoolEpsilon);
        Value wide = _functions.Apply(
            "head/function", _linears.Linear("head/fc1", new(normed), Linear(Roles.PoolFc1)!), _facts.PoolFunction);
        return _linears.Linear("head/fc2", new(wide), Linear(Roles.PoolFc2)!);
    }

    private Value Images(string path, Value rows) => graph.Images(path, rows, tokens, _architecture.Width);

    /// <summary>Each image's row, and once more: [B, 1, D] → [2 B, D].</summary>
    public Value Twice(string path, Value row) => graph.Reshape(
        path + ".rows", graph.Node("Concat", path + ".twice", [row, row], Attribute("axis", 1L)), -1, _architecture.Width);

    private NormWeights? Norm(string role) =>
        weights.Find(Roles.Weight(role)) is { } weight ? new(weight, weights.Find(Roles.Bias(role))) : null;

    private LinearWeights? Linear(string role) =>
        weights.Find(Roles.Weight(role)) is { } weight ? new(weight, weights.Find(Roles.Bias(role))) : null;
}
