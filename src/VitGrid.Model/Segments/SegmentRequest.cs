using System.Collections.Immutable;
using VitGrid.Model.Encoders;

namespace VitGrid.Model.Segments;

/// <summary>What the first segment is fed.</summary>
public enum SegmentInput
{
    /// <summary>uint8 pixels [B, H, W, 3]; normalisation is part of the graph.</summary>
    Pixels,

    /// <summary>Normalised float planes [B, 3, H, W].</summary>
    PixelValues,
}

/// <summary>Which part of an encoder a segment holds, and what goes in and out.</summary>
public sealed record SegmentRequest
{
    /// <summary>The blocks; a range that starts at 0 holds the embedding stage too.</summary>
    public required BlockRange Blocks { get; init; }

    /// <summary>Height and width of the input image. Other sizes than the checkpoint's own interpolate the position embedding.</summary>
    public required InputSize InputSize { get; init; }

    /// <summary>Input of the first segment; later ones take the hidden state.</summary>
    public SegmentInput Input { get; init; }

    /// <summary>
    /// What hidden states and weights are computed in. Pixels are normalised and norms gather their statistics in single precision whatever
    /// it is, and pooled vectors come out in it.
    /// </summary>
    public ActivationType Compute { get; init; }

    /// <summary>The weights, where they are others than the checkpoint's own: those in 8 bits.</summary>
    public EncoderWeights? Weights { get; init; }

    /// <summary>Layers whose pooled vectors are outputs; those of other segments are passed over.</summary>
    public required ImmutableSortedSet<int> PooledLayers { get; init; }

    /// <summary>Layers whose whole hidden state is an output, besides the one handed to the next segment.</summary>
    public ImmutableSortedSet<int> HiddenStates { get; init; } = [];
}
