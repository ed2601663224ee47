using System.Collections.Immutable;
using System.Globalization;
using VitGrid.Model.Encoders;
using VitGrid.Model.Graph;
using VitGrid.Model.Segments;

namespace VitGrid.Model.Checkpoints;

/// <summary>Builds the ONNX graph of one segment of a checkpoint.</summary>
public static class SegmentBuilder
{
    /// <summary>
    /// Builds the segment that <paramref name="request"/> describes. Reads no weights but, for another input size, the position
    /// embedding.
    /// </summary>
    /// <exception cref="ArgumentException">The blocks, layers or input size are not possible for this encoder.</exception>
    public static SegmentModel Build(Checkpoint checkpoint, SegmentRequest request)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(request);
        TextRows? texts = TextRows.From(checkpoint.Model, request);
        if (texts is not null)
            request = request with { PooledLayers = [checkpoint.Architecture.Depth] };
        SegmentPorts ports = SegmentPorts.From(checkpoint.Architecture, request);
        EncoderWeights weights = request.Weights ?? checkpoint.Weights;
        VisualTokens? visual = VisualTokensOf(checkpoint, request);
        string folder = WeightFolder.From(weights, visual is null ? null : checkpoint.Projector);
        GraphWriter graph = new(folder, ElementTypes.From(request.Compute), request.Resizable && visual is null && TakesSizes(checkpoint));
        checkpoint.Family.Build(graph, checkpoint.Model, request);
        return new(request, graph.ToModel(Describe(request, graph.IsResizable)), folder, [.. graph.Weights], ports)
        {
            ShortTexts = texts,
            VisualTokens = visual,
            Sizes = [.. graph.Sizes],
        };
    }

    /// <summary>Layer i is the output of block i − 1; layer 0, the embedding stage, belongs to the first segment.</summary>
    private static VisualTokens? VisualTokensOf(Checkpoint checkpoint, SegmentRequest request)
    {
        if (!request.VisualTokens || checkpoint.Projector is not { } projector)
            return null;
        (int layer, BlockRange blocks) = (projector.Layer, request.Blocks);
        if (layer > blocks.End || (layer <= blocks.First && (layer != 0 || blocks.First != 0)))
            return null;
        return VisualTokens.From(projector, checkpoint.Architecture, request.InputSize) ?? throw new ArgumentException(
            $"input size {request.InputSize} is no whole number of squares of {projector.Side} x {projector.Side} patches, of which the "
            + "projector makes a token each", nameof(request));
    }

    /// <summary>Every layer of an encoder of <paramref name="depth"/> blocks: 0…depth.</summary>
    public static ImmutableSortedSet<int> AllLayers(int depth) => [.. Enumerable.Range(0, depth + 1)];

    private static bool TakesSizes(Checkpoint checkpoint) => checkpoint.Architecture is
    {
        ContextLength: 0,
        Interpolation: not PositionInterpolation.Fixed,
    };

    private static Dictionary<string, string> Describe(SegmentRequest request, bool isResizable) => new()
    {
        ["vitgrid.blocks"] = request.Blocks.ToString(),
        ["vitgrid.input_size"] = isResizable ? "any" : string.Create(CultureInfo.InvariantCulture, $"{request.InputSize}"),
    };
}
