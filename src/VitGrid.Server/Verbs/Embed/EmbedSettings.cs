using VitGrid.Engine.FeatureRequests;
using VitGrid.Model.Encoders;
using VitGrid.Runtime.Images;
using VitGrid.Server.Verbs.Models;

namespace VitGrid.Server.Verbs.Embed;

/// <summary>How vectors are written.</summary>
internal enum VectorFormat
{
    JsonLines,
    Npy,
    Parquet,

    /// <summary>Of features alone.</summary>
    Safetensors,
}

/// <summary>Whether vectors are normalised.</summary>
internal enum VectorLength
{
    One,
    AsComputed,
}

/// <summary>What a run of <c>vitgrid embed</c> was asked for.</summary>
internal sealed record EmbedSettings
{
    /// <summary>The grid's flags; its one model is the run's.</summary>
    public required GridFlags Grid { get; init; }

    public required IReadOnlyList<string> Sources { get; init; }

    /// <summary>Texts that are embedded after the images.</summary>
    public IReadOnlyList<string> Texts { get; init; } = [];

    public required Pooling? Pooling { get; init; }

    public required int Layer { get; init; }

    public required string? Preprocess { get; init; }

    /// <summary>EXIF orientation; null takes what is configured.</summary>
    public required ExifOrientation? Exif { get; init; }

    public required VectorLength Length { get; init; }

    public required VectorFormat Format { get; init; }

    public required string? OutFile { get; init; }

    public required int? Neighbours { get; init; }

    /// <summary>Features that are written instead of vectors; null: vectors are.</summary>
    public FeatureFields? Features { get; init; }

    public required bool Verbose { get; init; }

    /// <summary>Whether lines appear on stdout while the images are still being computed.</summary>
    public bool StreamsToOutput => OutFile is null && Neighbours is null;
}
