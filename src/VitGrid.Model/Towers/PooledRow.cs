using VitGrid.Model.Encoders;
using VitGrid.Model.Graph;
using static VitGrid.Model.Graph.GraphWriter;

namespace VitGrid.Model.Towers;

/// <summary>
/// Which of a text's rows becomes its vector. Where the ids tell, the first segment finds it, and it goes from segment to segment as one
/// row more of the hidden state, every number of which is the row's: N is small enough for every type to hold it exactly.
/// </summary>
internal sealed class PooledRow(GraphWriter graph, EncoderModel model)
{
    /// <summary>What 8 bits of precision, bfloat16's, count exactly.</summary>
    public const int MaxContext = 256;

    /// <summary>What single precision counts exactly: ids are told apart by their product with N.</summary>
    public const int MaxScore = 1 << 24;

    private readonly EncoderArchitecture _shape = model.Architecture;
    private readonly TextTowerFacts _facts = model.Tower!.Text!;
    private Value? _number;

    private int Context => _shape.ContextLength;

    /// <summary>
    /// int32 ids [B, N] → float [B, 1], the row. It is the one with the highest score, and no two have the same: equal ids are told apart
    /// by where they stand, for kernels differ in which of two equal ones they find.
    /// </summary>
    /// <param name="ids">The ids.</param>
    /// <param name="tokens">int64 [1], N where only the run tells it; null: it is the context length.</param>
    public void Find(Value ids, Value? tokens = null)
    {
        if (!_facts.PoolsByIds)
            return;
        Value told = _facts.Pooling == TextPooling.HighestId
            ? graph.Cast("pooled_row/ids", ids, ElementType.Float)
            : graph.Cast("pooled_row/is_end", graph.Node("Equal", "pooled_row/end", [ids, EndId()]), ElementType.Float);
        Value scaled = graph.Node("Mul", "pooled_row/scaled", [told, graph.Constant("pooled_row/context", [Context], 1)]);
        float[] places = [.. Enumerable.Range(0, Context).Select(place => (float)place)];
        Value all = graph.Constant("pooled_row/places", places, 1, Context);
        Value scores = graph.Node("Sub", "pooled_row/scores", [scaled, tokens is { } some
            ? graph.Head("pooled_row/some_places", all, axis: 1, some) : all]);
        Value highest = graph.Node("ArgMax", "pooled_row/highest", [scores], Attribute("axis", 1L), Attribute("keepdims", 1L));
        _number = graph.Cast("pooled_row", highest, ElementType.Float);
    }

    /// <summary>Takes the last row off, which says which: [B, N + 1, D] → [B, N, D]; without one that is carried, the same.</summary>
    public Value Take(string path, Value state)
    {
        if (!_facts.PoolsByIds)
            return state;
        Value row = graph.Slice($"{path}/carried", state, axis: 1, (Context, Context + 1), (0, 1));
        Value single = graph.Compute == ElementType.Float ? row : graph.Cast($"{path}/carried.single", row, ElementType.Float);
        _number = graph.Reshape($"{path}/pooled_row", single, -1, 1);
        return graph.Slice($"{path}/tokens", state, axis: 1, (0, Context));
    }

    /// <summary>Puts it behind the tokens: [B, N, D] → [B, N + 1, D].</summary>
    public Value Append(string path, Value tokens)
    {
        float[] ones = new float[_shape.Width];
        Array.Fill(ones, 1);
        Value row = graph.Node("Mul", $"{path}/row.single", [
            graph.Reshape($"{path}/row.number", _number!.Value, -1, 1, 1), graph.Constant($"{path}/row.ones", ones, 1, 1, _shape.Width)]);
        return graph.Node("Concat", path, [tokens, graph.Computed($"{path}/row", row)], Attribute("axis", 1L));
    }

    /// <summary>The row of each text: [B, N, D] → [B, 1, D].</summary>
    public Value Choose(Value state) => _facts.Pooling switch
    {
        TextPooling.Last => graph.Slice("head/last", state, axis: 1, (Context - 1, Context)),
        TextPooling.First => graph.Slice("head/first", state, axis: 1, (0, 1)),
        _ => graph.Reshape("head/chosen", graph.Node("GatherND", "head/gathered", [state, Index()], Attribute("batch_dims", 1L)),
            -1, 1, _shape.Width),
    };

    /// <summary>int64 [B, 1]. A probe's hidden state is drawn, and holds what no row is called.</summary>
    private Value Index()
    {
        Value whole = graph.Node("Round", "head/row.whole", [_number!.Value]);
        Value within = graph.Node("Clip", "head/row.within", [
            whole, graph.Constant("head/row.least", [0f]), graph.Constant("head/row.most", [Context - 1f])]);
        return graph.Cast("head/row.index", within, ElementType.Int64);
    }

    private Value EndId() => graph.Cast("pooled_row/end_id", graph.Integers("pooled_row/end_id.wide", _facts.EndId), ElementType.Int32);
}
