using VitGrid.Runtime.Health;

namespace VitGrid.Indexing.Sinks;

/// <summary>One vector on its way into a sink.</summary>
/// <param name="Id">The item's id, as the job's source names it.</param>
/// <param name="Vector">The vector in its final form: pooled, and normalised where the job asks for it;
/// <see cref="SinkSchema.Dimensions"/> numbers.</param>
internal readonly record struct SinkRow(string Id, ReadOnlyMemory<float> Vector)
{
    /// <summary>Where its image is, so that it can be run again; null: that is not known.</summary>
    public string? Uri { get; init; }

    /// <summary>Where it was computed; null: nobody says.</summary>
    public VectorOrigin? Origin { get; init; }
}
