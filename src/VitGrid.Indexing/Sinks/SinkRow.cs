using VitGrid.Engine.Features;
using VitGrid.Runtime.Health;
using VitGrid.Runtime.Images;

namespace VitGrid.Indexing.Sinks;

/// <summary>One vector on its way into a sink.</summary>
/// <param name="Id">The item's id, as the job's source names it.</param>
/// <param name="Vector">The vector in its final form: pooled, and normalised where the job asks for it;
/// <see cref="SinkSchema.Dimensions"/> numbers.</param>
internal readonly record struct SinkRow(string Id, ReadOnlyMemory<float> Vector)
{
    /// <summary>Longest URI that a sink keeps, in characters.</summary>
    public const int MaxUriLength = 4_096;

    /// <summary>Where its image is, so that it can be run again; null: that is not known.</summary>
    public string? Uri { get; init; }

    /// <summary>The same as a sink keeps it; null where it is too long, or holds what no text of a database may.</summary>
    public string? KeptUri => Uri is { Length: <= MaxUriLength } && !Uri.Contains('\0', StringComparison.Ordinal) ? Uri : null;

    /// <summary>Where it was computed; null: nobody says.</summary>
    public VectorOrigin? Origin { get; init; }

    /// <summary>What stood beside its image, as a JSON object; null: nothing did, or it is not kept.</summary>
    public string? Metadata { get; init; }

    /// <summary>What stands in place of a vector where the schema has features; null: the vector.</summary>
    public RowFeatures? Features { get; init; }
}

/// <summary>The features of one image, which belong to whoever gathers the row.</summary>
/// <param name="Set">Their blocks; of an image that was cut into tiles those of each, one behind another.</param>
/// <param name="Grid">Its tiles; no columns and rows where it was not cut.</param>
internal sealed record RowFeatures(FeatureSet Set, TileGrid Grid)
{
    /// <summary>Encoder inputs that the image became.</summary>
    public int Inputs => Math.Max(1, Grid.Inputs);
}
