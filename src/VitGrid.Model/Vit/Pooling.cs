using System.Numerics;
using VitGrid.Model.Graph;
using VitGrid.Model.Segments;

namespace VitGrid.Model.Vit;

/// <summary>
/// Both poolings in one product: a [2, T] matrix whose first row picks the class token and whose second row averages the
/// patch tokens. A single pass over the hidden state, and the class token comes out unchanged.
/// </summary>
internal sealed class Pooling(GraphWriter graph, int tokens, int width)
{
    private Value? _matrix;
    private Value? _scale;

    /// <summary>[B, T, D] → float [B, 2, D], class token then mean, as an output of the graph.</summary>
    public void Emit(int layer, Value hiddenState)
    {
        string path = SegmentNames.Pooled(layer);
        _matrix ??= graph.Computed("pooling.weight", graph.Constant("pooling.matrix", Matrix(PatchWeight), 2, tokens));
        Value pooled = graph.Compute == ElementType.Float
            ? graph.Node("MatMul", path, [_matrix.Value, hiddenState])
            : Finish(path, graph.Node("MatMul", path + "/sums", [_matrix.Value, hiddenState]));
        graph.Output(pooled, ElementType.Float, -1, 2, width);
    }

    /// <summary>
    /// 1 / P for P patches; in 16 bits the power of two at or below it, which those types hold exactly, and the rest of the division
    /// follows in single precision.
    /// </summary>
    private float PatchWeight =>
        graph.Compute == ElementType.Float ? 1f / (tokens - 1) : 1f / BitOperations.RoundUpToPowerOf2((uint)tokens - 1);

    private Value Finish(string path, Value sums)
    {
        _scale ??= graph.Constant("pooling.scale", [1, 1 / (PatchWeight * (tokens - 1))], 2, 1);
        return graph.Node("Mul", path, [graph.Cast(path + "/single", sums, ElementType.Float), _scale.Value]);
    }

    private float[] Matrix(float patch)
    {
        float[] matrix = new float[2 * tokens];
        matrix[0] = 1;
        matrix.AsSpan(tokens + 1).Fill(patch);
        return matrix;
    }
}
