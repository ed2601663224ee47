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

    /// <summary>[B, T, D] → [B, 2, D], class token then mean, as an output of the graph.</summary>
    public void Emit(int layer, Value hiddenState)
    {
        _matrix ??= graph.Constant("pooling.weight", Matrix(), 2, tokens);
        Value pooled = graph.Node("MatMul", $"layers.{layer}/pooled", [_matrix.Value, hiddenState]);
        graph.Output(SegmentNames.Pooled(layer), pooled, -1, 2, width);
    }

    private float[] Matrix()
    {
        float[] matrix = new float[2 * tokens];
        matrix[0] = 1;
        matrix.AsSpan(tokens + 1).Fill(1f / (tokens - 1));
        return matrix;
    }
}
