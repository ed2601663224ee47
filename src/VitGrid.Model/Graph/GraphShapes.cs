namespace VitGrid.Model.Graph;

/// <summary>Nodes that change nothing but shapes.</summary>
internal static class GraphShapes
{
    /// <summary>The same elements in another shape; −1 stands for what is left over.</summary>
    public static Value Reshape(this GraphWriter graph, string path, Value x, params ReadOnlySpan<long> shape) =>
        graph.Node("Reshape", path, [x, graph.Integers(path + ".shape", shape)]);

    /// <summary>The same, where the shape depends on the size of the images.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="path">Path of the result.</param>
    /// <param name="x">The elements.</param>
    /// <param name="name">Names the shape: one that is used many times is one input of a graph for every size.</param>
    /// <param name="shape">The dimensions.</param>
    public static Value ReshapeSized(this GraphWriter graph, string path, Value x, string name, params ReadOnlySpan<long> shape) =>
        graph.Node("Reshape", path, [x, graph.SizedIntegers(path + ".shape", name, shape)]);

    /// <summary>The tokens of each image: [B·T, D] → [B, T, D].</summary>
    public static Value Images(this GraphWriter graph, string path, Value rows, int tokens, int width) =>
        graph.ReshapeSized(path, rows, "images.shape", -1, tokens, width);

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

    /// <summary>What lies before two bounds, which depend on the size of the images, along <paramref name="axis"/> and the next.</summary>
    public static Value HeadSized(this GraphWriter graph, string path, Value x, int axis, long first, long second)
    {
        Value[] bounds =
        [
            graph.Integers(path + ".starts", 0, 0), graph.SizedIntegers(path + ".ends", path + ".ends", first, second),
            graph.Integers(path + ".axes", axis, axis + 1),
        ];
        return graph.Node("Slice", path, [x, .. bounds]);
    }
}
