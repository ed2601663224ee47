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

    public Operand Prepare(string path, Value x) => Quantise(path, x, Steps(path, x), Middle);

    /// <summary>
    /// One step is a 127th of the largest number of a row. Beside it the others are told apart too coarsely where it is ten times as large:
    /// so what the first 8 bits left, half a step at most, is a row of its own in 8 bits more.
    /// </summary>
    public Operand PrepareWide(string path, Value x)
    {
        Value steps = Steps(path, x);
        Operand coarse = Quantise(path + ".coarse", x, steps, Middle);
        Value seen = graph.Node(
            "DequantizeLinear", path + ".seen", [coarse.Rows, steps, _zeroPoints[Middle].Rows], Attribute("axis", 0L));
        Value fineSteps = graph.Node("Mul", path + ".fine.step", [steps, Number(path + ".fine.factor", 0.5f / (byte.MaxValue - Middle))]);
        Operand fine = Quantise(path + ".fine", graph.Node("Sub", path + ".left", [x, seen]), fineSteps, Middle);
        return new(
            graph.Node("Concat", path, [coarse.Rows, fine.Rows], Attribute("axis", 0L)),
            graph.Node("Concat", path + ".column", [coarse.Scale, fine.Scale], Attribute("axis", 0L)),
            coarse.ZeroPoint,
            IsTwofold: true);
    }

    public Value Linear(string path, Operand x, LinearWeights weights)
    {
        Value scaled = Product(path, x, weights);
        if (x.IsTwofold)
        {
            Value both = graph.Reshape(path + ".both", scaled, 2, -1, (int)weights.Scale!.Shape[0]);
            string sum = weights.Bias is null ? path : path + ".sum";
            scaled = graph.Node("ReduceSum", sum, [both, graph.Integers(path + ".both.axis", 0)], Attribute("keepdims", 0L));
        }
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
        return graph.Node("Mul", weights.Bias is null && !x.IsTwofold ? path : path + ".scaled", [sums, x.Scale]);
    }

    /// <summary>What one step of each row stands for: [N, in] → [N].</summary>
    private Value Steps(string path, Value x)
    {
        Value top = Reduce("ReduceMax", path + ".top", x, 1f / (byte.MaxValue - Middle));
        Value bottom = Reduce("ReduceMin", path + ".bottom", x, -1f / (byte.MaxValue - Middle));
        return graph.Node("Max", path + ".scale", [top, bottom, Number(path + ".least", MinScale)]);
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
