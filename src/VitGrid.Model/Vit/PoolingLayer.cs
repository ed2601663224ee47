using System.Numerics;
using VitGrid.Model.Encoders;
using VitGrid.Model.Graph;
using VitGrid.Model.Segments;

namespace VitGrid.Model.Vit;

/// <summary>
/// Both poolings in one product: a [2, T] matrix whose first row picks the class token and whose second row averages the
/// patch tokens. A single pass over the hidden state, and the class token comes out unchanged. Without a class token it has the second row
/// alone.
/// </summary>
internal sealed class PoolingLayer(GraphWriter graph, EncoderArchitecture architecture, int tokens)
{
    private readonly int _patches = tokens - architecture.PrefixTokens;
    private readonly int _rows = architecture.Poolings.ClassToken ? 2 : 1;
    private Value? _matrix;
    private Value? _scale;

    /// <summary>[B, T, D] → float [B, 2, D], class token then mean, as an output of the graph.</summary>
    public void Emit(int layer, Value hiddenState)
    {
        Value pooled = Pool(SegmentNames.Pooled(layer), hiddenState);
        graph.Output(pooled, ElementType.Float, -1, _rows, architecture.Width);
    }

    /// <summary>[B, T, D] → float [B, 2, D], class token then mean; [B, 1, D] without a class token.</summary>
    public Value Pool(string path, Value hiddenState)
    {
        _matrix ??= graph.Computed("pooling.weight", graph.Sized("pooling.matrix", Matrix(PatchWeight), _rows, tokens));
        return graph.Compute == ElementType.Float
            ? graph.Node("MatMul", path, [_matrix.Value, hiddenState])
            : Finish(path, graph.Node("MatMul", path + "/sums", [_matrix.Value, hiddenState]));
    }

    /// <summary>
    /// 1 / P for P patches; in 16 bits the power of two at or below it, which those types hold exactly, and the rest of the division
    /// follows in single precision.
    /// </summary>
    private float PatchWeight =>
        1f / (graph.Compute == ElementType.Float ? _patches : (int)BitOperations.RoundUpToPowerOf2((uint)_patches));

    private Value Finish(string path, Value sums)
    {
        ReadOnlySpan<float> scales = [1, 1 / (PatchWeight * _patches)];
        _scale ??= graph.Constant("pooling.scale", scales[^_rows..], _rows, 1);
        return graph.Node("Mul", path, [graph.Cast(path + "/single", sums, ElementType.Float), _scale.Value]);
    }

    private float[] Matrix(float patch)
    {
        float[] matrix = new float[_rows * tokens];
        if (_rows > 1)
            matrix[0] = 1;
        matrix.AsSpan(((_rows - 1) * tokens) + architecture.PrefixTokens).Fill(patch);
        return matrix;
    }
}
