using System.Text.Json.Serialization;
using VitGrid.Indexing.Sinks.Files;
using VitGrid.S3;

namespace VitGrid.Indexing.Sinks.Buckets;

/// <summary>
/// The fate of a part, one object that the first of all processes writes (<c>If-None-Match: *</c>). What it says is so from then on. It
/// reads as the entry of a folder's part, so that a bucket which was copied into a folder is one.
/// </summary>
/// <param name="Part">The part's name.</param>
/// <param name="Rows">Its rows; 0: it was given up.</param>
/// <param name="Files">Its files; none: it was given up.</param>
/// <param name="Upload">The upload that becomes its last file, by whichever process comes first; null: it was given up.</param>
internal sealed record BucketEntry(string Part, int Rows, ImmutableArray<ManifestFile> Files, S3Pending? Upload = null)
{
    /// <summary>Which devices computed its rows, and when; null where nobody says.</summary>
    public PartOrigin[]? Origins { get; init; }

    /// <summary>The part; null: it was given up.</summary>
    [JsonIgnore]
    public ManifestPart? Committed => Upload is null ? null : new(Part, Rows, Files) { Origins = Origins };

    /// <summary>A part that was given up.</summary>
    public static BucketEntry GivenUp(string part) => new(part, 0, []);
}
