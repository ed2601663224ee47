namespace VitGrid.Indexing.Sinks.Files;

/// <summary>Where a file sink's files lie.</summary>
/// <param name="Name">The sink as users name it.</param>
/// <param name="Parts">Folder of the parts that are committed.</param>
/// <param name="State">Folder of the manifest and of what is not committed; may be <paramref name="Parts"/> itself.</param>
/// <param name="Joined">The file into which parts are joined at the end; null: they stay parts.</param>
internal sealed record FileTarget(string Name, string Parts, string State, string? Joined)
{
    /// <summary>Parts in <paramref name="folder"/>; readers of Parquet pass over the folder <c>_vitgrid</c> for its underscore.</summary>
    public static FileTarget Folder(string scheme, string folder) =>
        new($"{scheme}:{folder}", folder, Path.Combine(folder, "_vitgrid"), null);

    /// <summary>One file at the end, its parts in <c>FILE.parts</c>.</summary>
    public static FileTarget File(string scheme, string file) => new($"{scheme}:{file}", $"{file}.parts", $"{file}.parts", file);

    /// <summary>
    /// What has to be there before: the sink's own folder is created, the one above it is not, since a missing mount would be filled
    /// unseen.
    /// </summary>
    public string Above => Path.GetDirectoryName(Parts) ?? Parts;
}
