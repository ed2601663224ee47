using VitGrid.Model.Encoders;
using VitGrid.Model.Graph;
using VitGrid.Model.Graph.Onnx;
using VitGrid.Model.Vit;
using static VitGrid.Model.Graph.GraphWriter;

namespace VitGrid.Model.Towers;

/// <summary>
/// One pre-norm block of any family: x ← x + s₁ · attention(norm₁(x)); x ← x + s₂ · mlp(norm₂(x)). Attention may turn queries and keys,
/// add a
/// bias to its scores, and norm what it mixed; the MLP may have a gate, and a norm before its last layer.
/// </summary>
internal sealed class TowerBlock(GraphWriter graph, EncoderModel model, ILinears linears, TowerPositions positions)
{
    private readonly EncoderArchitecture _architecture = model.Architecture;
    private readonly Layers _layers = new(graph, model.Architecture);
    private readonly Functions _functions = new(graph);

    /// <summary>[B·T, D] → [B, T, D] where only the run tells T; null: the graph knows it.</summary>
    public Func<string, Value, Value>? Spread { get; init; }

    /// <summary>Hidden state in, hidden state out: [N, D] → [N, D].</summary>
    /// <param name="path">The block's path.</param>
    /// <param name="x">The hidden state.</param>
    /// <param name="weights">What is computed with.</param>
    /// <param name="stored">The same as the checkpoint has them.</param>
    public Value Apply(string path, Value x, BlockWeights weights, BlockWeights stored)
    {
        Value normed = _layers.Norm($"{path}/norm1", x, weights.Norm1);
        Value attended = Attention($"{path}/attention", normed, weights, positions.Bias($"{path}/attention/positions", weights, stored));
        x = graph.Node("Add", $"{path}/residual1", [x, _layers.LayerScale($"{path}/scale1", attended, weights.LayerScale1)]);

        Value transformed = Mlp($"{path}/mlp", _layers.Norm($"{path}/norm2", x, weights.Norm2), weights);
        return graph.Node("Add", $"{path}/residual2", [x, _layers.LayerScale($"{path}/scale2", transformed, weights.LayerScale2)]);
    }

    /// <summary>Scaled dot-product attention over the T tokens of each image: [N, D] → [N, D].</summary>
    private Value Attention(string path, Value x, BlockWeights weights, Value? bias)
    {
        Operand input = linears.Prepare($"{path}/input", x);
        Value q = Images($"{path}/query_images", linears.Linear($"{path}/query", input, weights.Query));
        Value k = Images($"{path}/key_images", linears.Linear($"{path}/key", input, weights.Key));
        Value v = Images($"{path}/value_images", linears.Linear($"{path}/value", input, weights.Value));
        (q, k) = (positions.Turn($"{path}/query_turned", q), positions.Turn($"{path}/key_turned", k));

        // No bias of its own and no mask stand between values and the bias of the scores.
        ReadOnlySpan<Value> heads = bias is { } scores ? [q, k, v, Value.None, Value.None, scores] : [q, k, v];
        AttributeProto count = Attribute("num_heads", (long)_architecture.Heads);
        Value mixed = model.Tower!.Text is { Causal: true }
            ? graph.ContribNode("MultiHeadAttention", $"{path}/heads", heads, count, Attribute("unidirectional", 1L))
            : graph.ContribNode("MultiHeadAttention", $"{path}/heads", heads, count);
        Value rows = graph.Reshape($"{path}/rows", mixed, -1, _architecture.Width);
        if (weights.AttentionNorm is { } norm)
            rows = _layers.Norm($"{path}/norm", rows, norm);
        return linears.Linear($"{path}/projection", linears.Prepare($"{path}/mixed", rows), weights.Projection);
    }

    /// <summary>Linear layers with a function between, and a gate beside the first where there is one: [N, D] → [N, M] → [N, D].</summary>
    private Value Mlp(string path, Value x, BlockWeights weights)
    {
        Operand input = linears.Prepare($"{path}/input", x);
        if (weights.Gate is null && weights.MlpNorm is null && model.Tower!.Function == MlpFunction.Gelu)
            return linears.Linear($"{path}/fc2", linears.LinearGelu($"{path}/fc1", $"{path}/gelu", input, weights.Fc1), weights.Fc2);

        Value wide = linears.Linear($"{path}/fc1", input, weights.Fc1);
        Value inner = weights.Gate is { } gate
            ? graph.Node("Mul", $"{path}/gated", [Function($"{path}/function", linears.Linear($"{path}/gate", input, gate)), wide])
            : Function($"{path}/function", wide);
        if (weights.MlpNorm is { } norm)
            inner = _layers.Norm($"{path}/norm", inner, norm);
        Operand rows = weights.Gate is null ? linears.Prepare($"{path}/inner", inner) : linears.PrepareWide($"{path}/inner", inner);
        return linears.Linear($"{path}/fc2", rows, weights.Fc2);
    }

    private Value Function(string path, Value x) => _functions.Apply(path, x, model.Tower!.Function);

    /// <summary>[B·T, D] → [B, T, D].</summary>
    private Value Images(string path, Value rows) =>
        Spread?.Invoke(path, rows) ?? graph.Images(path, rows, positions.Tokens, _architecture.Width);
}
