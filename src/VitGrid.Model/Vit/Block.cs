using VitGrid.Model.Encoders;
using VitGrid.Model.Graph;
using static VitGrid.Model.Graph.GraphWriter;

namespace VitGrid.Model.Vit;

/// <summary>
/// One pre-norm encoder block, as in OpenGVLab's <c>InternVisionEncoderLayer</c>:
/// x ← x + s₁ · attention(norm₁(x)); x ← x + s₂ · mlp(norm₂(x)).
/// </summary>
internal sealed class Block(GraphWriter graph, ILinears linears, EncoderArchitecture architecture, int tokens)
{
    private readonly Layers _layers = new(graph, architecture);

    /// <summary>Hidden state in, hidden state out: [N, D] → [N, D].</summary>
    public Value Apply(string path, Value x, BlockWeights weights)
    {
        Value attended = Attention($"{path}/attention", _layers.Norm($"{path}/norm1", x, weights.Norm1), weights);
        x = graph.Node("Add", $"{path}/residual1", [x, _layers.LayerScale($"{path}/scale1", attended, weights.LayerScale1)]);

        Value transformed = Mlp($"{path}/mlp", _layers.Norm($"{path}/norm2", x, weights.Norm2), weights);
        return graph.Node("Add", $"{path}/residual2", [x, _layers.LayerScale($"{path}/scale2", transformed, weights.LayerScale2)]);
    }

    /// <summary>Scaled dot-product attention over the T tokens of each image: [N, D] → [N, D].</summary>
    private Value Attention(string path, Value x, BlockWeights weights)
    {
        Operand input = linears.Prepare($"{path}/input", x);
        Value q = _layers.QueryKeyNorm($"{path}/query_norm", linears.Linear($"{path}/query", input, weights.Query), weights.QueryNorm);
        Value k = _layers.QueryKeyNorm($"{path}/key_norm", linears.Linear($"{path}/key", input, weights.Key), weights.KeyNorm);
        Value v = linears.Linear($"{path}/value", input, weights.Value);

        ReadOnlySpan<Value> heads =
        [
            Images($"{path}/query_pictures", q), Images($"{path}/key_pictures", k), Images($"{path}/value_pictures", v),
        ];
        Value mixed = graph.ContribNode("MultiHeadAttention", $"{path}/heads", heads, Attribute("num_heads", (long)architecture.Heads));
        return linears.Linear($"{path}/projection", linears.Prepare($"{path}/mixed", Rows($"{path}/rows", mixed)), weights.Projection);
    }

    /// <summary>Two linear layers with the exact (erf) GELU between: [N, D] → [N, M] → [N, D].</summary>
    private Value Mlp(string path, Value x, BlockWeights weights)
    {
        Operand wide = linears.LinearGelu($"{path}/fc1", $"{path}/gelu", linears.Prepare($"{path}/input", x), weights.Fc1);
        return linears.Linear($"{path}/fc2", wide, weights.Fc2);
    }

    /// <summary>[B·T, D] → [B, T, D].</summary>
    private Value Images(string path, Value rows) =>
        graph.Images(path, rows, tokens, architecture.Width);

    /// <summary>[B, T, D] → [B·T, D].</summary>
    private Value Rows(string path, Value images) =>
        graph.Node("Reshape", path, [images, graph.Integers(path + ".shape", -1, architecture.Width)]);
}
