using System.Collections.Immutable;

namespace VitGrid.Model.Encoders;

/// <summary>What a further output has a row for.</summary>
public enum OutputRows
{
    /// <summary>Each image: [B, W].</summary>
    Image,

    /// <summary>Each token: [B, T, W].</summary>
    Token,
}

/// <summary>An output that the last segment gives beside hidden states and pooled vectors, in single precision.</summary>
/// <param name="Name">Its name in graph and reference files.</param>
/// <param name="Rows">What it has a row for.</param>
/// <param name="Width">W, numbers of a row.</param>
public sealed record EncoderOutput(string Name, OutputRows Rows, int Width)
{
    /// <summary>Its dimensions after the batch, for images of <paramref name="tokens"/> tokens.</summary>
    public ImmutableArray<long> ImageShape(int tokens) => Rows == OutputRows.Image ? [Width] : [tokens, Width];
}
