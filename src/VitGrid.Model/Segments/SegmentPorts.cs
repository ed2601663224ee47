using System.Collections.Immutable;
using VitGrid.Model.Encoders;

namespace VitGrid.Model.Segments;

/// <summary>What goes into a segment and comes out of it, whatever computes it.</summary>
/// <param name="InputName">Name of its one input: see <see cref="SegmentNames"/>.</param>
/// <param name="NextInput">Name of the hidden state that the following segment takes; null for the last segment.</param>
/// <param name="PooledLayers">Layers whose pooled vectors it gives out.</param>
/// <param name="HiddenStates">Layers whose hidden states it gives out on request.</param>
public sealed record SegmentPorts(
    string InputName, string? NextInput, ImmutableSortedSet<int> PooledLayers, ImmutableSortedSet<int> HiddenStates)
{
    /// <summary>Layers whose hidden states after the last norm it gives out on request.</summary>
    public ImmutableSortedSet<int> NormedStates { get; private init; } = [];

    /// <summary>Further outputs that it gives out on request.</summary>
    public ImmutableArray<EncoderOutput> Outputs { get; private init; } = [];

    /// <summary>Dimensions, after the batch, of the pooled vectors of each of <see cref="PooledLayers"/>.</summary>
    public ImmutableSortedDictionary<int, ImmutableArray<long>> PooledShapes { get; private init; } =
        ImmutableSortedDictionary<int, ImmutableArray<long>>.Empty;

    /// <summary>Derives the ports of the segment that <paramref name="request"/> describes.</summary>
    /// <exception cref="ArgumentException">The blocks, layers or input size are not possible for this encoder.</exception>
    public static SegmentPorts From(EncoderArchitecture architecture, SegmentRequest request)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        ArgumentNullException.ThrowIfNull(request);
        Check(architecture, request);
        return new(
            InputOf(architecture, request),
            request.Blocks.End == architecture.Depth ? null : SegmentNames.HiddenState(request.Blocks.End),
            Own(request.PooledLayers, request.Blocks),
            Own(request.HiddenStates, request.Blocks))
        {
            NormedStates = architecture.FinalNorm ? Own(request.NormedStates, request.Blocks) : [],
            Outputs = request.Blocks.End == architecture.Depth ? request.Outputs : [],
            PooledShapes = Own(request.PooledLayers, request.Blocks)
                .ToImmutableSortedDictionary(layer => layer, layer => PooledShape(architecture, layer)),
        };
    }

    /// <summary>Dimensions, after the batch, of the pooled vectors of <paramref name="layer"/>.</summary>
    public static ImmutableArray<long> PooledShape(EncoderArchitecture architecture, int layer)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        PoolingFacts poolings = architecture.Poolings;
        return layer == architecture.Depth && poolings.HeadWidth > 0
            ? [poolings.VectorWidth(architecture.Width, last: true)]
            : [poolings.ClassToken ? 2 : 1, architecture.Width];
    }

    private static string InputOf(EncoderArchitecture architecture, SegmentRequest request) => (request.Blocks.First, request.Input) switch
    {
        (0, _) when architecture.ContextLength > 0 => SegmentNames.InputIds,
        (0, SegmentInput.Pixels) => SegmentNames.Pixels,
        (0, _) => SegmentNames.PixelValues,
        _ => SegmentNames.HiddenState(request.Blocks.First),
    };

    private static ImmutableSortedSet<int> Own(ImmutableSortedSet<int> layers, BlockRange blocks) =>
        [.. layers.Where(layer => (layer > blocks.First && layer <= blocks.End) || (layer == 0 && blocks.First == 0))];

    private static void Check(EncoderArchitecture architecture, SegmentRequest request)
    {
        if (request.Blocks.First < 0 || request.Blocks.Count < 1 || request.Blocks.End > architecture.Depth)
            throw new ArgumentException($"blocks {request.Blocks} are outside this encoder's 0..{architecture.Depth - 1}", nameof(request));
        CheckSize(architecture, request.InputSize);
        int outside = request.PooledLayers.Union(request.HiddenStates).Union(request.NormedStates)
            .FirstOrDefault(layer => layer < 0 || layer > architecture.Depth);
        if (outside != 0)
            throw new ArgumentException($"layer {outside} is outside this encoder's 0..{architecture.Depth}", nameof(request));
    }

    private static void CheckSize(EncoderArchitecture architecture, InputSize size)
    {
        int patch = architecture.PatchSize, context = architecture.ContextLength;
        if (context > 0 ? size != InputSize.OfText(context) : size.Samples == PixelType.TokenId)
            throw new ArgumentException(
                $"input {size} is not what this encoder takes: {(context > 0 ? $"{context} tokens" : "images")}", nameof(size));
        if (size.Height < patch || size.Width < patch)
            throw new ArgumentException($"input size {size} is smaller than one patch of {patch}x{patch} pixels", nameof(size));
        if (context == 0)
            CheckGrid(architecture, size);
    }

    /// <summary>
    /// At the size it was made for, an encoder takes images that leave a rest beyond whole patches (384 pixels, patch 14).
    /// </summary>
    private static void CheckGrid(EncoderArchitecture architecture, InputSize size)
    {
        int patch = architecture.PatchSize;
        if (size == InputSize.Square(architecture.ImageSize))
            return;
        if (architecture.Interpolation == PositionInterpolation.Fixed)
        {
            throw new ArgumentException(
                $"input size {size} is not this encoder's {architecture.ImageSize}x{architecture.ImageSize}, and its class fits " +
                "positions to no other", nameof(size));
        }
        if (architecture.RequiresWholePatches && (size.Height % patch != 0 || size.Width % patch != 0))
        {
            throw new ArgumentException(
                $"input size {size} is not a whole number of {patch}-pixel patches, which timm's encoder requires", nameof(size));
        }
    }
}
