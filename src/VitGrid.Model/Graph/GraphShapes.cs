namespace VitGrid.Model.Graph;

/// <summary>Nodes that change nothing but shapes.</summary>
internal static class GraphShapes
{
    /// <summary>The same elements in another shape; −1 stands for what is left over.</summary>
    public static Value Reshape(this GraphWriter graph, string path, Value x, params ReadOnlySpan<long> shape) =>
        graph.Node("Reshape", path, [x, graph.Integers(path + ".shape", shape)]);

    /// <summary>The first <paramref name="count"/>, int64 [1], of <paramref name="axis"/>.</summary>
    public static Value Head(this GraphWriter graph, string path, Value x, int axis, Value count) => graph.Node(
        "Slice", path, [x, graph.Integers(path + ".start", 0), count, graph.Integers(path + ".axis", axis)]);

    /// <summary>The given ranges of <paramref name="axis"/> and the axes after it.</summary>
    public static Value Slice(this GraphWriter graph, string path, Value x, int axis, params ReadOnlySpan<(long Start, long End)> ranges)
    {
        long[] starts = new long[ranges.Length], ends = new long[ranges.Length], axes = new long[ranges.Length];
        for (int i = 0; i < ranges.Length; i++)
            (starts[i], ends[i], axes[i]) = (ranges[i].Start, ranges[i].End, axis + i);
        Value[] bounds =
        [
            graph.Integers(path + ".starts", starts), graph.Integers(path + ".ends", ends), graph.Integers(path + ".axes", axes),
        ];
        return graph.Node("Slice", path, [x, .. bounds]);
    }
}
