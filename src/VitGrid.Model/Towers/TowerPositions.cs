using VitGrid.Model.Encoders;
using VitGrid.Model.Graph;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using static VitGrid.Model.Graph.GraphWriter;

namespace VitGrid.Model.Towers;

/// <summary>How attention knows where patches lie, for images of one size: by rotations, by a bias of its scores, or not at all.</summary>
internal sealed class TowerPositions
{
    private readonly GraphWriter _graph;
    private readonly EncoderModel _model;
    private readonly EncoderWeights _weights;
    private readonly InputSize _size;
    private readonly RelativePositions _relative;
    private (Value Cosines, Value Sines, Value First)? _turn;
    private SpelledRotation? _spelled;
    private Value? _shared;

    public TowerPositions(GraphWriter graph, EncoderModel model, EncoderWeights weights, InputSize size)
    {
        (_graph, _model, _weights, _size) = (graph, model, weights, size);
        Tokens = size.Tokens(model.Architecture);
        _relative = new(graph, model, Height, Breadth);
    }

    /// <summary>T, the tokens of one image.</summary>
    public int Tokens { get; }

    /// <summary>See <see cref="SegmentRequest.SpelledRotations"/>.</summary>
    public bool SpelledRotations { get; init; }

    private int Height => _size.Height / _model.Architecture.PatchSize;

    private int Breadth => _size.Width / _model.Architecture.PatchSize;

    /// <summary>Turns queries or keys, [B, T, D], where the encoder does that.</summary>
    public Value Turn(string path, Value x)
    {
        if (_model.Tower!.Rotary is not { } rotary)
            return x;
        if (SpelledRotations)
            return (_spelled ??= new(_graph, _model.Architecture, rotary, Height, Breadth)).Turn(path, x);
        (Value cosines, Value sines, Value first) = _turn ??= Tables(rotary);
        return _graph.ContribNode(
            "RotaryEmbedding", path, [x, first, cosines, sines],
            Attribute("interleaved", rotary.Pairs == RotaryPairs.Neighbours ? 1L : 0L));
    }

    /// <summary>What is added to a block's scores, [1, h, T, T]; null where nothing is.</summary>
    public Value? Bias(string path, BlockWeights weights, BlockWeights stored)
    {
        if (Find(weights.Others) is { } own)
            return _relative.Spread(path, own, Find(stored.Others)!);
        if (_weights.Find(Roles.RelativePosition) is { } shared)
            return _shared ??= _relative.Spread("relative_position", shared, _model.Weights.Other(Roles.RelativePosition));
        return null;
    }

    private static WeightSlice? Find(IEnumerable<RoleWeight> others) =>
        others.FirstOrDefault(weight => weight.Role == Roles.RelativePosition)?.Slice;

    private (Value Cosines, Value Sines, Value First) Tables(RotaryFacts facts)
    {
        int head = _model.Architecture.HeadWidth;
        (float[] cosines, float[] sines) = RotaryTable.Make(facts, head, _model.Architecture.PrefixTokens, Height, Breadth);
        return (Table("rotary.cosines", cosines, head), Table("rotary.sines", sines, head), _graph.Integers("rotary.first", 0));
    }

    private Value Table(string path, float[] values, int head) =>
        _graph.Computed(path, _graph.Sized(path + ".single", values, Tokens, head / 2));
}
