using VitGrid.Model.Encoders;
using VitGrid.Model.Graph;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Model.Vit;
using static VitGrid.Model.Graph.GraphWriter;

namespace VitGrid.Model.Towers;

/// <summary>
/// A text tower of any family, or the run of blocks that one segment holds: token ids → rows of the table and positions → blocks → final
/// norm → one row → projection. Every text is filled up to the context length N. What differs between families lies in weights,
/// architecture and <see cref="TextTowerFacts"/>.
/// </summary>
internal sealed class TextTower
{
    private readonly GraphWriter _graph;
    private readonly EncoderModel _model;
    private readonly SegmentRequest _request;
    private readonly EncoderWeights _weights;
    private readonly Layers _layers;
    private readonly PoolingLayer _pooling;
    private readonly PooledRow _row;
    // Where texts are short: int64 [1], their tokens, and [3], the shape of their hidden state.
    private Value? _tokens;
    private Value? _shape;

    public TextTower(GraphWriter graph, EncoderModel model, SegmentRequest request)
    {
        (_graph, _model, _request) = (graph, model, request);
        _weights = request.Weights ?? model.Weights;
        _layers = new(graph, model.Architecture);
        _pooling = new(graph, model.Architecture, model.Architecture.ContextLength);
        _row = new(graph, model);
    }

    private EncoderArchitecture Shape => _model.Architecture;

    private bool IsShort => TextRows.From(_model, _request) is not null;

    /// <summary>Writes the segment's graph: its input, its blocks, its outputs.</summary>
    public void Build()
    {
        Value x = _request.Blocks.First == 0 ? Embed() : Take(SegmentNames.HiddenState(_request.Blocks.First));
        TowerPositions positions = new(_graph, _model, _weights, _request.InputSize);
        TowerBlock block = new(_graph, _model, Linears.For(_graph, _weights), positions) { Spread = IsShort ? Texts : null };
        for (int i = _request.Blocks.First; i < _request.Blocks.End; i++)
        {
            x = block.Apply($"blocks.{i}", x, _weights.Blocks[i], _model.Weights.Blocks[i]);
            if (i + 1 < Shape.Depth)
                Emit(layer: i + 1, x);
            else
                Finish(x);
        }
    }

    /// <summary>int32 ids [B, N] → their rows of the table and a position each: [B·N, D].</summary>
    private Value Embed()
    {
        Value ids = _graph.Input(SegmentNames.InputIds, ElementType.Int32, -1, IsShort ? -2 : Shape.ContextLength);
        if (IsShort)
            Measure(ids);
        _row.Find(ids, _tokens);
        WeightSlice table = _weights.Other(EncoderWeights.TokenEmbedding);
        Value stored = _graph.Node("Gather", "embeddings/stored", [_graph.Table("embeddings/table", table), ids], Attribute("axis", 0L));
        Value tokens = ElementTypes.From(table.Tensor) == _graph.Compute
            ? stored : _graph.Cast("embeddings/tokens", stored, _graph.Compute);
        Value position = _graph.Weight("embeddings/position", _weights.PositionEmbedding!, Shape.ContextLength, Shape.Width);
        if (_tokens is { } count)
            position = _graph.Head("embeddings/some_positions", position, axis: 0, count);
        Value x = Rows("embeddings/rows", _graph.Node("Add", "embeddings/placed", [tokens, position]));
        Emit(layer: 0, x);
        return x;
    }

    private void Measure(Value ids)
    {
        Value size = _graph.Node("Shape", "texts/size", [ids]);
        _tokens = _graph.Slice("texts/tokens", size, axis: 0, (1, 2));
        _shape = _graph.Node(
            "Concat", "texts/shape", [size, _graph.Integers("texts/width", Shape.Width)], Attribute("axis", 0L));
    }

    /// <summary>What the segment before left: [B, N, D], with the pooled row's number behind it where one is carried → [B·N, D].</summary>
    private Value Take(string name)
    {
        Value state = _graph.Input(name, _graph.Compute, -1, _request.InputSize.StateRows(Shape), Shape.Width);
        return Rows($"{name}/rows", _row.Take(name, state));
    }

    /// <summary>Gives out what was asked for of the hidden state after some blocks, but not the last.</summary>
    private void Emit(int layer, Value rows)
    {
        if (_request.HiddenStates.Contains(layer) || layer == _request.Blocks.End)
            Give(SegmentNames.HiddenState(layer), rows);
        if (_request.PooledLayers.Contains(layer))
            _pooling.Emit(layer, Texts($"pooled.{layer}/tokens", rows));
    }

    /// <summary>Gives out the last hidden state, before and after its norm, the mean of its tokens, and the text's vector.</summary>
    private void Finish(Value rows)
    {
        if (_request.HiddenStates.Contains(Shape.Depth))
            Give(SegmentNames.HiddenState(Shape.Depth), rows);
        NormWeights norm = new(_weights.Other(Roles.Weight(Roles.FinalNorm)), _weights.Find(Roles.Bias(Roles.FinalNorm)));
        Value normed = _layers.Norm("final_norm", rows, norm);
        if (_request.NormedStates.Contains(Shape.Depth))
            Give(SegmentNames.NormedState(Shape.Depth), normed);
        if (_request.PooledLayers.Contains(Shape.Depth) || _request.Outputs.Length > 0)
            EmitVector(Texts("last", normed));
    }

    /// <summary>[B, N, D] → float [B, D + E]: the mean of all tokens, which shows what of them is no number, then the vector.</summary>
    private void EmitVector(Value state)
    {
        TowerHead head = new(_graph, _model, _weights, Shape.ContextLength);
        Value row = _row.Choose(state);
        Value inner = head.Twice("head/row", row);
        if (_request.Outputs.Any(output => output.Name == TextTowerReader.Pooled))
            _graph.Output(head.First(TextTowerReader.Pooled, inner, Shape.Width), ElementType.Float, -1, Shape.Width);
        string path = SegmentNames.Pooled(Shape.Depth);
        Value mean = _graph.Reshape(
            $"{path}.flat", IsShort ? Mean($"{path}.tokens", state) : _pooling.Pool($"{path}.tokens", state), -1, Shape.Width);
        Value vector = head.First("head", head.Project(inner), Shape.Poolings.HeadWidth);
        Value pooled = _graph.Node("Concat", path, [mean, vector], Attribute("axis", 1L));
        _graph.Output(pooled, ElementType.Float, [-1, .. SegmentPorts.PooledShape(Shape, Shape.Depth)]);
    }

    private void Give(string name, Value rows)
    {
        Value state = Shape.CarriesPooledRow ? _row.Append(name, Texts($"{name}/tokens", rows)) : Texts(name, rows);
        _graph.Output(state, _graph.Compute, -1, _request.InputSize.StateRows(Shape), Shape.Width);
    }

    /// <summary>[B, N, D] → float [B, D].</summary>
    private Value Mean(string path, Value state)
    {
        Value mean = _graph.Node("ReduceMean", $"{path}.mean", [state, _graph.Integers($"{path}.axis", 1)], Attribute("keepdims", 0L));
        return _graph.Cast(path, mean, ElementType.Float);
    }

    /// <summary>[B·N, D] → [B, N, D].</summary>
    private Value Texts(string path, Value rows) => _shape is { } shape
        ? _graph.Node("Reshape", path, [rows, shape]) : _graph.Reshape(path, rows, -1, Shape.ContextLength, Shape.Width);

    /// <summary>[B, N, D] → [B·N, D].</summary>
    private Value Rows(string path, Value texts) => _graph.Reshape(path, texts, -1, Shape.Width);
}
