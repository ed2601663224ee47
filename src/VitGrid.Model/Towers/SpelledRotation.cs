using VitGrid.Model.Encoders;
using VitGrid.Model.Graph;
using static VitGrid.Model.Graph.GraphWriter;

namespace VitGrid.Model.Towers;

/// <summary>
/// Turns queries and keys in ONNX's own operators: <c>x · cos + swapped x · ±sin</c>, where swapping exchanges the two numbers of a
/// pair, and the sine of the first is negative.
/// </summary>
internal sealed class SpelledRotation
{
    private readonly GraphWriter _graph;
    private readonly EncoderArchitecture _shape;
    private readonly int _tokens;
    private readonly Value _cosines;
    private readonly Value _sines;
    private readonly Value _swap;

    /// <param name="graph">Where it is written.</param>
    /// <param name="shape">The encoder's.</param>
    /// <param name="facts">The formula.</param>
    /// <param name="height">Patches from top to bottom.</param>
    /// <param name="breadth">Patches from left to right.</param>
    public SpelledRotation(GraphWriter graph, EncoderArchitecture shape, RotaryFacts facts, int height, int breadth)
    {
        (_graph, _shape) = (graph, shape);
        _tokens = shape.PrefixTokens + (height * breadth);
        (float[] cosines, float[] sines) = RotaryTable.Make(facts, shape.HeadWidth, shape.PrefixTokens, height, breadth);
        int[] partners = Partners(facts.Pairs, shape.HeadWidth);
        _cosines = Table("rotary.cosines", i => cosines[Pair(facts.Pairs, i)]);
        _sines = Table("rotary.sines", i => IsFirst(partners, i) ? -sines[Pair(facts.Pairs, i)] : sines[Pair(facts.Pairs, i)]);
        _swap = graph.Integers("rotary.swap", [.. partners.Select(partner => (long)partner)]);
    }

    /// <summary>Turns [B, T, D].</summary>
    public Value Turn(string path, Value x)
    {
        Value heads = _graph.Reshape(path + ".heads", x, 0, _tokens, _shape.Heads, _shape.HeadWidth);
        Value swapped = _graph.Node("Gather", path + ".swapped", [heads, _swap], Attribute("axis", 3L));
        Value along = _graph.Node("Mul", path + ".along", [heads, _cosines]);
        Value across = _graph.Node("Mul", path + ".across", [swapped, _sines]);
        Value turned = _graph.Node("Add", path + ".turned", [along, across]);
        return _graph.Reshape(path, turned, 0, _tokens, _shape.Width);
    }

    private static int[] Partners(RotaryPairs pairs, int head) =>
        [.. Enumerable.Range(0, head).Select(i => pairs == RotaryPairs.Neighbours ? i ^ 1 : (i + (head / 2)) % head)];

    private static bool IsFirst(int[] partners, int i) => partners[i % partners.Length] > i % partners.Length;

    /// <summary>Where the tables of half the width have the angle of number <paramref name="i"/> of a table of the whole.</summary>
    private int Pair(RotaryPairs pairs, int i)
    {
        int head = _shape.HeadWidth, half = head / 2, at = i % head;
        return (i / head * half) + (pairs == RotaryPairs.Neighbours ? at / 2 : at % half);
    }

    private Value Table(string path, Func<int, float> number)
    {
        float[] values = [.. Enumerable.Range(0, _tokens * _shape.HeadWidth).Select(number)];
        return _graph.Computed(path, _graph.Constant(path + ".single", values, _tokens, 1, _shape.HeadWidth));
    }
}
