using VitGrid.Model.Encoders;
using VitGrid.Model.Graph;
using VitGrid.Model.Segments;
using VitGrid.Model.Vit;

namespace VitGrid.Model.Towers;

/// <summary>
/// A vision transformer of any family, or the run of blocks that one segment holds: embeddings → blocks → final norm → pooling and head.
/// What
/// differs between families lies in weights, architecture and <see cref="TowerFacts"/>.
/// </summary>
internal sealed class Tower
{
    private readonly GraphWriter _graph;
    private readonly EncoderModel _model;
    private readonly SegmentRequest _request;
    private readonly EncoderWeights _weights;
    private readonly SegmentEnds _ends;
    private readonly Layers _layers;

    public Tower(GraphWriter graph, EncoderModel model, SegmentRequest request)
    {
        (_graph, _model, _request) = (graph, model, request);
        _weights = request.Weights ?? model.Weights;
        _ends = new(graph, model.Architecture, request);
        _layers = new(graph, model.Architecture);
    }

    private int Depth => _model.Architecture.Depth;

    private int Width => _model.Architecture.Width;

    /// <summary>Writes the segment's graph: its input, its blocks, its outputs.</summary>
    public void Build()
    {
        Value x = _request.Blocks.First == 0
            ? new TowerEmbeddings(_graph, _model, _weights, _request.InputSize).Apply(_ends)
            : _ends.HiddenState();
        if (_request.Blocks.First == 0)
            Emit(layer: 0, x);

        TowerPositions positions = new(_graph, _model, _weights, _request.InputSize) { SpelledRotations = _request.SpelledRotations };
        TowerBlock block = new(_graph, _model, Linears.For(_graph, _weights), positions);
        for (int i = _request.Blocks.First; i < _request.Blocks.End; i++)
        {
            x = block.Apply($"blocks.{i}", x, _weights.Blocks[i], _model.Weights.Blocks[i]);
            if (i + 1 < Depth)
                Emit(layer: i + 1, x);
            else
                Finish(x);
        }
    }

    /// <summary>Gives out what was asked for of the hidden state after some blocks, but not the last.</summary>
    private void Emit(int layer, Value rows)
    {
        _ends.Emit(layer, rows);
        if (IsNormedAsked(layer))
            _ends.Output(_ends.Images(SegmentNames.NormedState(layer), FinalNorm($"normed.{layer}", rows)));
    }

    /// <summary>Gives out the last hidden state, before and after its norm, its poolings, and the head.</summary>
    private void Finish(Value rows)
    {
        if (_request.HiddenStates.Contains(Depth))
            _ends.Output(_ends.Images(SegmentNames.HiddenState(Depth), rows));
        Value normed = _model.Architecture.FinalNorm ? FinalNorm("final_norm", rows) : rows;
        bool asked = IsNormedAsked(Depth);
        Value state = _ends.Images(asked ? SegmentNames.NormedState(Depth) : "last", normed);
        if (asked)
            _ends.Output(state);
        if (_request.PooledLayers.Contains(Depth) || _request.Outputs.Length > 0)
            new TowerEnd(_graph, _model, _weights, _request, _ends).Emit(normed, state);
    }

    private bool IsNormedAsked(int layer) => _model.Architecture.FinalNorm && _request.NormedStates.Contains(layer);

    private Value FinalNorm(string path, Value rows) => _layers.Norm(
        path, rows, new(_weights.Other(Roles.Weight(Roles.FinalNorm)), _weights.Find(Roles.Bias(Roles.FinalNorm))));
}
