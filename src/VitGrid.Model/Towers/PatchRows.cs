using VitGrid.Model.Graph;
using VitGrid.Model.Tensors;

namespace VitGrid.Model.Towers;

/// <summary>Rows of the checkpoint, once for each image.</summary>
internal sealed class PatchRows(GraphWriter graph, int width)
{
    /// <summary>
    /// One stored row [D], <paramref name="count"/> times for each image of <paramref name="images"/>, [B, …, D] → [B, count, D]. Added to
    /// rows
    /// less themselves: an expansion to a computed shape would be computed on the CPU, which a captured CUDA graph cannot hold.
    /// </summary>
    public Value Repeat(string path, WeightSlice row, Value images, int count)
    {
        Value rows = graph.Slice(path + ".row", images, axis: 1, (0, count));
        Value zeros = graph.Node("Sub", path + ".zeros", [rows, rows]);
        return graph.Node("Add", path, [zeros, graph.Weight(path + ".weight", row, 1, 1, width)]);
    }
}
