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
        EncoderArchitecture architecture = checkpoint.Architecture;
        Check(architecture, request);

        EncoderWeights weights = request.Weights ?? checkpoint.Weights;
        string folder = WeightFolder.Of(weights);
        GraphWriter graph = new(folder, ElementTypes.Of(request.Compute));
        checkpoint.Family.Build(graph, checkpoint.Model, request);
        return new(
            request,
            graph.ToModel(Describe(request)),
            folder,
            [.. graph.Weights],
            InputName(request),
            request.Blocks.End == architecture.Depth ? null : SegmentNames.HiddenState(request.Blocks.End),
            Own(request.PooledLayers, request.Blocks),
            Own(request.HiddenStates, request.Blocks));
    }

    /// <summary>Every layer of an encoder of <paramref name="depth"/> blocks: 0…depth.</summary>
    public static ImmutableSortedSet<int> AllLayers(int depth) => [.. Enumerable.Range(0, depth + 1)];

    private static string InputName(SegmentRequest request) => (request.Blocks.First, request.Input) switch
    {
        (0, SegmentInput.Pixels) => SegmentNames.Pixels,
        (0, _) => SegmentNames.PixelValues,
        _ => SegmentNames.HiddenState(request.Blocks.First),
    };

    private static ImmutableSortedSet<int> Own(ImmutableSortedSet<int> layers, BlockRange blocks) =>
        [.. layers.Where(layer => (layer > blocks.First && layer <= blocks.End) || (layer == 0 && blocks.First == 0))];

    private static Dictionary<string, string> Describe(SegmentRequest request) => new()
    {
        ["vitgrid.blocks"] = request.Blocks.ToString(),
        ["vitgrid.input_size"] = string.Create(CultureInfo.InvariantCulture, $"{request.InputSize}"),
    };

    private static void Check(EncoderArchitecture architecture, SegmentRequest request)
    {
        if (request.Blocks.First < 0 || request.Blocks.Count < 1 || request.Blocks.End > architecture.Depth)
            throw new ArgumentException($"blocks {request.Blocks} are outside this encoder's 0..{architecture.Depth - 1}", nameof(request));
        int patch = architecture.PatchSize;
        InputSize size = request.InputSize;
        if (size.Height < patch || size.Width < patch)
            throw new ArgumentException($"input size {size} is smaller than one patch of {patch}x{patch} pixels", nameof(request));
        if (architecture.RequiresWholePatches && (size.Height % patch != 0 || size.Width % patch != 0))
        {
            throw new ArgumentException(
                $"input size {size} is not a whole number of {patch}-pixel patches, which timm's encoder requires", nameof(request));
        }
        int outside = request.PooledLayers.Union(request.HiddenStates).FirstOrDefault(layer => layer < 0 || layer > architecture.Depth);
        if (outside != 0)
            throw new ArgumentException($"layer {outside} is outside this encoder's 0..{architecture.Depth}", nameof(request));
    }
}
