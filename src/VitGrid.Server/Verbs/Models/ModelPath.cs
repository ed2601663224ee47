using System.Text.RegularExpressions;

namespace VitGrid.Server.Verbs.Models;

/// <summary>Finds the checkpoint's folder that a path means: the folder itself, a file in it, or a hub cache's folder above it.</summary>
internal static partial class ModelPath
{
    private const string SingleFile = "model.safetensors";
    private const string OpenClipFile = "open_clip_model.safetensors";
    private const string IndexEnding = ".safetensors.index.json";

    /// <summary>The model at <paramref name="path"/>; null when nothing is there.</summary>
    /// <exception cref="VerbException">It is a file that is no checkpoint's, or a cache's folder without a snapshot.</exception>
    public static LocatedModel? Find(string path)
    {
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
            return null;
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (File.Exists(full))
            full = FolderOf(full);
        if (!Directory.Exists(full))
            return null;
        return InCache(full) ?? new(Path.GetFileName(full) is { Length: > 0 } name ? name : full, full, ModelOrigin.Folder);
    }

    /// <summary>
    /// A folder of a hub cache: a repository's, which means its main branch, or a snapshot's or one below. Named after the repository, for
    /// a snapshot's own name is a hash.
    /// </summary>
    private static LocatedModel? InCache(string full)
    {
        string[] parts = full.Split(Path.DirectorySeparatorChar);
        int at = Array.FindLastIndex(parts, part => HubId.TryParseCacheFolder(part, out _));
        if (at < 0 || !HubId.TryParseCacheFolder(parts[at], out HubId? id))
            return null;
        string repository = string.Join(Path.DirectorySeparatorChar, parts[..(at + 1)]);
        return parts[(at + 1)..] switch
        {
            [] when ModelLocator.HasConfig(full) => new(id.Name, full, ModelOrigin.Folder),
            [] or ["snapshots"] => new(id.Name, HubCache.FindIn(repository, id), ModelOrigin.HubCache),
            ["snapshots", ..] => new(id.Name, full, ModelOrigin.HubCache),
            _ => null,
        };
    }

    private static string FolderOf(string file)
    {
        string folder = Path.GetDirectoryName(file)!, name = Path.GetFileName(file);
        return Path.GetExtension(name).ToLowerInvariant() switch
        {
            ".json" => folder,
            ".safetensors" when IsRead(folder, name) => folder,
            ".safetensors" => throw new VerbException(
                $"'{file}' is not among the weights that are read from its folder, which has {SingleFile} or an index; "
                + "put it with its config.json into a folder of its own and name that"),
            ".gguf" => throw new VerbException(
                $"'{file}' is GGUF, which is not read; name the folder with config.json and safetensors files that it was made from"),
            _ => throw new VerbException(
                $"'{file}' is neither a checkpoint's folder nor its config.json or safetensors file; name one of these"),
        };
    }

    private static bool IsRead(string folder, string name) =>
        name is SingleFile or OpenClipFile
        || (!File.Exists(Path.Combine(folder, SingleFile))
            && (ShardName().IsMatch(name) || !Directory.EnumerateFiles(folder, "*" + IndexEnding).Any()));

    [GeneratedRegex("-[0-9]{5}-of-[0-9]{5}[.]safetensors\\z", RegexOptions.CultureInvariant)]
    private static partial Regex ShardName();
}
