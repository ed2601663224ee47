using VitGrid.Model.Encoders;
using VitGrid.Model.Graph;
using static VitGrid.Model.Graph.GraphWriter;

namespace VitGrid.Model.Vit;

/// <summary>
/// Linear layers of 8-bit rows and weights. Each row (token) has a scale of its own, so that its numbers do not depend on the other rows of
/// a batch: q = x / r + z, y = r · (c · Σ (q − z) w) + b, with r of the row and c of the output channel. The sums are exact integers.
/// </summary>
internal sealed class EightBitLinears(GraphWriter graph) : ILinears
{
    // Keeps a row of zeros from dividing by its own scale.
    private const float MinScale = 1e-30f;

    // Any row of an activation is as likely to be negative as positive.
    private const byte Middle = 128;

    // GELU is nowhere below this: most of the 256 steps can lie above zero.
    private const float MinGelu = -0.17f;
    private const byte GeluZero = 32;

    private readonly Dictionary<byte, (Value Scalar, Value Rows)> _zeroPoints = [];
    private Value? _one;

    public Operand Prepare(string path, Value x)
    {
        Value top = Reduce("ReduceMax", path + ".top", x, 1f / (byte.MaxValue - Middle));
        Value bottom = Reduce("ReduceMin", path + ".bottom", x, -1f / (byte.MaxValue - Middle));
        return Quantise(path, x, graph.Node("Max", path + ".scale", [top, bottom, Number(path + ".least", MinScale)]), Middle);
    }

    public Value Linear(string path, Operand x, LinearWeights weights)
    {
        Value scaled = Product(path, x, weights);
        return weights.Bias is { } bias ? graph.Node("Add", path, [scaled, graph.Weight(path + ".bias", bias)]) : scaled;
    }

    public Operand LinearGelu(string path, string geluPath, Operand x, LinearWeights weights)
    {
        Value gelu = graph.Node("Gelu", geluPath, [Linear(path, x, weights)]);
        Value top = Reduce("ReduceMax", geluPath + ".top", gelu, 1f / (byte.MaxValue - GeluZero));
        Value scale = graph.Node("Max", geluPath + ".scale", [top, Number(geluPath + ".least", -MinGelu / GeluZero)]);
        return Quantise(geluPath + ".bytes", gelu, scale, GeluZero);
    }

    /// <summary>r · c · Σ (q − z) w: [N, in] → [N, out].</summary>
    private Value Product(string path, Operand x, LinearWeights weights)
    {
        _one ??= Number("one", 1);
        Value sums = graph.ContribNode(
            "MatMulIntegerToFloat",
            path + ".sums",
            [x.Rows, graph.Bytes(path + ".weight", weights.Weight), _one.Value, graph.Weight(
                path + ".scale", weights.Scale!), x.ZeroPoint]);
        return graph.Node("Mul", weights.Bias is null ? path : path + ".scaled", [sums, x.Scale]);
    }

    /// <summary>[N, in] → the extreme of each row times <paramref name="factor"/>: [N].</summary>
    private Value Reduce(string op, string path, Value x, float factor)
    {
        Value extreme = graph.Node(op, path, [x, graph.Integers(path + ".axis", -1)], Attribute("keepdims", 0L));
        return graph.Node("Mul", path + ".step", [extreme, Number(path + ".factor", factor)]);
    }

    private Operand Quantise(string path, Value x, Value scale, byte zero)
    {
        if (!_zeroPoints.TryGetValue(zero, out (Value Scalar, Value Rows) points))
            points = _zeroPoints[zero] = ZeroPoints($"zero.{zero}", zero, scale);
        Value rows = graph.Node("QuantizeLinear", path, [x, scale, points.Rows], Attribute("axis", 0L));
        Value column = graph.Node("Reshape", path + ".column", [scale, graph.Integers(path + ".column.shape", -1, 1)]);
        return new(rows, column, points.Scalar);
    }

    /// <summary>The zero point as a product takes it, and as the quantisation of N rows does: once for each.</summary>
    private (Value Scalar, Value Rows) ZeroPoints(string path, byte zero, Value rows) => (
        graph.Byte(path, zero),
        graph.Node("Expand", path + ".rows", [graph.Byte(path + ".row", zero, 1), graph.Node("Shape", path + ".shape", [rows])]));

    private Value Number(string path, float value) => graph.Constant(path, [value]);
}
