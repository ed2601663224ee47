using VitGrid.Indexing.Formats;
using VitGrid.Runtime.Health;

namespace VitGrid.Indexing.Sinks.Files;

/// <summary>What <c>vitgrid.json</c> says: whose vectors these are, and once the job is finished, which there are.</summary>
/// <param name="Format">Version of this file, 1.</param>
/// <param name="Sink">The sink's scheme.</param>
/// <param name="Numbers">How numbers are stored.</param>
/// <param name="Job">The job it belongs to.</param>
/// <param name="Schema">What all vectors have in common.</param>
/// <param name="Result">What the job left; null until it is finished.</param>
internal sealed record SinkManifest(int Format, string Sink, NumberFormat Numbers, string Job, SinkSchema Schema, SinkResult? Result = null)
{
    public const int CurrentFormat = 1;
}

/// <summary>What a finished job left.</summary>
/// <param name="Rows">Rows of all parts.</param>
/// <param name="Summary">How the job ended.</param>
/// <param name="Parts">Every part that is committed, by name.</param>
/// <param name="Joined">The file the parts were joined into; null where they stay parts.</param>
internal sealed record SinkResult(long Rows, SinkSummary Summary, ImmutableArray<ManifestPart> Parts, ManifestFile? Joined = null)
{
    /// <summary>
    /// Whether these parts, no more and no fewer, were joined into a file that has <paramref name="bytes"/> now; null: there is none.
    /// </summary>
    public bool IsJoined(ImmutableArray<ManifestPart> parts, long? bytes) =>
        Parts.Select(part => part.Part).SequenceEqual(parts.Select(part => part.Part)) && bytes is not null && bytes == Joined?.Bytes;
}

/// <summary>
/// One part: written with it, read when the job is finished. It counts when the last of <paramref name="Files"/> is there.
/// </summary>
/// <param name="Part">Its name.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="Files">Its files.</param>
internal sealed record ManifestPart(string Part, int Rows, ImmutableArray<ManifestFile> Files)
{
    /// <summary>Which devices computed its rows, and when; null where nobody says, as in parts of builds before.</summary>
    public PartOrigin[]? Origins { get; init; }
}

/// <summary>Rows of a part that passed the same devices.</summary>
/// <param name="Devices">The devices, <see cref="VectorOrigin.Devices"/>.</param>
/// <param name="First">When the first of them was computed.</param>
/// <param name="Last">When the last one was.</param>
internal sealed record PartOrigin(string Devices, DateTimeOffset First, DateTimeOffset Last)
{
    /// <summary>Which rows, such as <c>0-511,600</c>, counted from 0; null: all of the part's.</summary>
    public string? Rows { get; init; }

    /// <summary>Gathers the origins of a part's rows; null where no row says its own.</summary>
    public static PartOrigin[]? Gather(IReadOnlyList<SinkRow> rows)
    {
        PartOrigin[] origins =
        [
            .. rows.Select((row, index) => (row.Origin, index)).Where(row => row.Origin is not null)
                .GroupBy(row => row.Origin!.Devices, StringComparer.Ordinal)
                .Select(group => new PartOrigin(
                    group.Key, group.Min(row => row.Origin!.ComputedAt), group.Max(row => row.Origin!.ComputedAt))
                {
                    Rows = group.Count() == rows.Count ? null : RowRanges.Write(group.Select(row => row.index)),
                }),
        ];
        return origins.Length == 0 ? null : origins;
    }

    /// <summary>Whether a device that <paramref name="pattern"/> means computed any of these rows in that time.</summary>
    public bool Covers(string pattern, DateTimeOffset since, DateTimeOffset until) =>
        Last >= since && First <= until && new VectorOrigin(Devices, Last).Passed(pattern);
}

/// <summary>One file.</summary>
/// <param name="Name">Its name within the sink's folder.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Its checksum in hexadecimal.</param>
internal sealed record ManifestFile(string Name, long Bytes, string Sha256);
