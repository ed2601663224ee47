using System.Numerics;
using VitGrid.Model.Encoders;
using VitGrid.Model.Graph;
using VitGrid.Model.Segments;

namespace VitGrid.Model.Vit;

/// <summary>
/// Both poolings in one product: a [2, T] matrix whose first row picks the class token and whose second row averages the
/// patch tokens. A single pass over the hidden state, and the class token comes out unchanged.
/// </summary>
internal sealed class Pooling(GraphWriter graph, EncoderArchitecture architecture, int tokens)
{
    private readonly int _patches = tokens - architecture.PrefixTokens;
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
        graph.Output(pooled, ElementType.Float, -1, 2, architecture.Width);
    }

    /// <summary>
    /// 1 / P for P patches; in 16 bits the power of two at or below it, which those types hold exactly, and the rest of the division
    /// follows in single precision.
    /// </summary>
    private float PatchWeight =>
        1f / (graph.Compute == ElementType.Float ? _patches : (int)BitOperations.RoundUpToPowerOf2((uint)_patches));

    private Value Finish(string path, Value sums)
    {
        _scale ??= graph.Constant("pooling.scale", [1, 1 / (PatchWeight * _patches)], 2, 1);
        return graph.Node("Mul", path, [graph.Cast(path + "/single", sums, ElementType.Float), _scale.Value]);
    }

    private float[] Matrix(float patch)
    {
        float[] matrix = new float[2 * tokens];
        matrix[0] = 1;
        matrix.AsSpan(tokens + architecture.PrefixTokens).Fill(patch);
        return matrix;
    }
}
