using VitGrid.Model.Encoders;
using VitGrid.Model.Graph;
using VitGrid.Model.Tensors;
using VitGrid.Model.Vit;
using static VitGrid.Model.Graph.GraphWriter;

namespace VitGrid.Model.Towers;

/// <summary>
/// What BEiT adds to attention's scores: for each pair of patches a number of a head, by how far they lie apart in rows and columns; three
/// more for the class token. T tokens, the class token first.
/// </summary>
internal sealed class RelativePositions(GraphWriter graph, EncoderModel model, int height, int breadth)
{
    private const int ClassRows = 3;

    private readonly int _grid = model.Architecture.ImageSize / model.Architecture.PatchSize;
    private readonly int _heads = model.Architecture.Heads;
    private readonly Lazy<long[]> _pairs = new(() => Index(height, breadth));
    private Value? _index;

    private int Tokens => (height * breadth) + 1;

    /// <summary>The table [(2g − 1)² + 3, h] spread over pairs of tokens: [1, h, T, T].</summary>
    /// <param name="path">Path of the result.</param>
    /// <param name="table">What is computed with.</param>
    /// <param name="stored">The same as the checkpoint has it, to be fitted to another grid.</param>
    public Value Spread(string path, WeightSlice table, WeightSlice stored)
    {
        bool isOwn = height == _grid && breadth == _grid;
        if (graph.IsResizable)
        {
            float[] values = model.ReadFloats(stored);
            return graph.Sized(path, Spread(isOwn ? values : Fit(values)), 1, _heads, Tokens, Tokens);
        }
        Value rows = isOwn
            ? graph.Weight(path + ".table", table)
            : graph.Computed(
                path + ".table", graph.Constant(path + ".fitted", Fit(model.ReadFloats(stored)), Rows(height, breadth), _heads));
        _index ??= graph.Integers("relative_position.index", _pairs.Value);
        Value spread = graph.Node("Gather", path + ".pairs", [rows, _index.Value], Attribute("axis", 0L));
        Value square = graph.Reshape(path + ".square", spread, 1, Tokens, Tokens, _heads);
        return graph.Node("Transpose", path, [square], Attribute("perm", 0, 3, 1, 2));
    }

    private static int Rows(int height, int breadth) => (((2 * height) - 1) * ((2 * breadth) - 1)) + ClassRows;

    /// <summary>[rows, h] → [h, T, T], as the graph of one size does when it is loaded.</summary>
    private float[] Spread(float[] rows)
    {
        float[] spread = new float[_heads * _pairs.Value.Length];
        for (int head = 0; head < _heads; head++)
        {
            for (int pair = 0; pair < _pairs.Value.Length; pair++)
                spread[(head * _pairs.Value.Length) + pair] = rows[(_pairs.Value[pair] * _heads) + head];
        }
        return spread;
    }

    private float[] Fit(float[] stored)
    {
        int own = stored.Length - (ClassRows * _heads);
        return
        [
            .. PositionTable.FitBilinear(stored.AsSpan(0, own), _heads, (2 * _grid) - 1, (2 * height) - 1, (2 * breadth) - 1),
            .. stored[own..],
        ];
    }

    /// <summary>
    /// The row of the table for each pair (query, key). From the class token: the third from the end; to it: the second; both: the last.
    /// </summary>
    private static long[] Index(int height, int breadth)
    {
        int tokens = (height * breadth) + 1, last = Rows(height, breadth) - 1;
        long[] index = new long[tokens * tokens];
        for (int query = 0; query < tokens; query++)
        {
            for (int key = 0; key < tokens; key++)
            {
                index[(query * tokens) + key] = (query, key) switch
                {
                    (0, 0) => last,
                    (0, _) => last - 2,
                    (_, 0) => last - 1,
                    _ => Apart(query - 1, key - 1, height, breadth),
                };
            }
        }
        return index;
    }

    private static int Apart(int query, int key, int height, int breadth)
    {
        int rows = (query / breadth) - (key / breadth) + height - 1;
        int columns = (query % breadth) - (key % breadth) + breadth - 1;
        return (rows * ((2 * breadth) - 1)) + columns;
    }
}
