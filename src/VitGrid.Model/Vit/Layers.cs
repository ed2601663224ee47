using VitGrid.Model.Encoders;
using VitGrid.Model.Graph;
using VitGrid.Model.Tensors;
using static VitGrid.Model.Graph.GraphWriter;

namespace VitGrid.Model.Vit;

/// <summary>What a block has beside linear layers. Tokens are rows: N = batch × T rows of D numbers.</summary>
internal sealed class Layers(GraphWriter graph, EncoderArchitecture architecture)
{
    /// <summary>The norm before attention and MLP, its statistics in single precision: [N, D] → [N, D].</summary>
    public Value Norm(string path, Value x, NormWeights weights) => Norm(path, x, weights, architecture.NormEpsilon);

    /// <summary>The same with another epsilon.</summary>
    public Value Norm(string path, Value x, NormWeights weights, float epsilon) => architecture.Norm == NormKind.RmsNorm
        ? RmsNorm(path, x, weights.Weight, epsilon)
        : graph.Node(
            "LayerNormalization",
            path,
            weights.Bias is { } bias
                ? [x, graph.Weight(path + ".weight", weights.Weight), graph.Weight(path + ".bias", bias)]
                : [x, graph.Weight(path + ".weight", weights.Weight)],
            Attribute("axis", -1L),
            Attribute("epsilon", epsilon),
            Attribute("stash_type", (long)ElementType.Float));

    /// <summary>The norm of queries and keys over the full width, before the heads are split: [N, D] → [N, D].</summary>
    public Value QueryKeyNorm(string path, Value x, NormWeights? weights) =>
        weights is null ? x : RmsNorm(path, x, weights.Weight, architecture.QueryKeyNormEpsilon);

    /// <summary>x · s, the learned scale of a residual branch; x itself where the checkpoint has none.</summary>
    public Value LayerScale(string path, Value x, WeightSlice? scale) =>
        scale is null ? x : graph.Node("Mul", path, [x, graph.Weight(path + ".weight", scale)]);

    // ONNX Runtime registers this operator in the standard domain; RMSNormalization of opset 23 has no CPU kernel of its own.
    private Value RmsNorm(string path, Value x, WeightSlice weight, float epsilon) => graph.Node(
        "SimplifiedLayerNormalization",
        path,
        [x, graph.Weight(path + ".weight", weight)],
        Attribute("axis", -1L),
        Attribute("epsilon", epsilon),
        Attribute("stash_type", (long)ElementType.Float));
}
