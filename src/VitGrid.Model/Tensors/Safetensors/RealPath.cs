namespace VitGrid.Model.Tensors.Safetensors;

/// <summary>
/// Resolves every link on a path. A hub cache's snapshot holds links such as <c>../../blobs/…</c>, which mean the wrong
/// place when the folder they lie in was itself reached through a link.
/// </summary>
internal static class RealPath
{
    private const int MaxLinks = 40;

    /// <exception cref="IOException">More than 40 links, or a link that cannot be read.</exception>
    public static string Resolve(string path)
    {
        string full = Path.GetFullPath(path);
        for (int links = 0; links < MaxLinks; links++)
        {
            string? followed = FollowFirstLink(full);
            if (followed is null)
                return full;
            full = followed;
        }
        throw new IOException($"{path}: more than {MaxLinks} symbolic links; they probably form a circle");
    }

    private static string? FollowFirstLink(string full)
    {
        string root = Path.GetPathRoot(full)!;
        string[] parts = full[root.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);
        string parent = root;
        for (int i = 0; i < parts.Length; i++)
        {
            string current = Path.Combine(parent, parts[i]);
            if (new FileInfo(current).LinkTarget is { } target)
                return Path.GetFullPath(Path.Combine([parent, target, .. parts[(i + 1)..]]));
            parent = current;
        }
        return null;
    }
}
