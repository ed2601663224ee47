namespace VitGrid.Indexing.Sinks.Files;

/// <summary>Joins parts into one file, which appears as a whole.</summary>
internal static class PartJoin
{
    /// <summary>How the names of files begin that are being joined.</summary>
    public const string Hidden = ".joining-";

    /// <summary>Copies the parts one after the other; memory holds a buffer, not a part.</summary>
    public static async Task<ManifestFile> RunAsync(
        FileTarget target, string joined, ImmutableArray<ManifestPart> parts, CancellationToken cancellationToken)
    {
        string hidden = Path.Combine(target.State, $"{Hidden}{Guid.NewGuid():N}.tmp");
        ManifestFile file = await DurableFile.WriteAsync(
            hidden, Path.GetFileName(joined), stream => CopyAsync(target.Parts, parts, stream, cancellationToken), cancellationToken);
        File.Move(hidden, joined, overwrite: true);
        DurableFile.FlushNames(Path.GetDirectoryName(joined)!);
        return file;
    }

    private static async Task CopyAsync(
        string folder, ImmutableArray<ManifestPart> parts, Stream into, CancellationToken cancellationToken)
    {
        foreach (ManifestPart part in parts)
        {
            await using FileStream from = File.OpenRead(Path.Combine(folder, part.Files[^1].Name));
            await from.CopyToAsync(into, 1 << 20, cancellationToken);
        }
    }
}
