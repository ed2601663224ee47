namespace VitGrid.Server.Verbs.Embed;

/// <summary>One image to embed.</summary>
/// <param name="Name">What the output calls it: the path as the user would write it, <c>-</c> for standard input.</param>
/// <param name="Path">Where to read it; null for standard input.</param>
internal sealed record ImageFile(string Name, string? Path);

/// <summary>Turns files, folders and <c>-</c> into images.</summary>
internal static class ImageFiles
{
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".tif", ".tiff", ".bmp"];

    /// <summary>
    /// The images of <paramref name="sources"/>, in their order. A folder gives the files below it with an image's extension, sorted by
    /// path; hidden files and folders and links to folders are passed over. A named file is always tried.
    /// </summary>
    public static IReadOnlyList<ImageFile> Find(IEnumerable<string> sources) => [.. sources.SelectMany(Find)];

    private static IEnumerable<ImageFile> Find(string source)
    {
        if (source == "-")
            return [new ImageFile("-", null)];
        return Directory.Exists(source)
            ? Below(new DirectoryInfo(source))
                .Select(path => Path.Combine(source, path))
                .Order(StringComparer.Ordinal)
                .Select(path => new ImageFile(path, path))
            : [new ImageFile(source, source)];
    }

    private static IEnumerable<string> Below(DirectoryInfo root)
    {
        Stack<DirectoryInfo> open = new([root]);
        while (open.TryPop(out DirectoryInfo? folder))
        {
            foreach (FileSystemInfo entry in folder.EnumerateFileSystemInfos().Where(entry => !IsHidden(entry)))
            {
                if (entry is DirectoryInfo inner && inner.LinkTarget is null)
                    open.Push(inner);
                else if (entry is FileInfo && Extensions.Contains(entry.Extension.ToLowerInvariant()))
                    yield return Path.GetRelativePath(root.FullName, entry.FullName);
            }
        }
    }

    private static bool IsHidden(FileSystemInfo entry) => entry.Name[0] == '.' || entry.Attributes.HasFlag(FileAttributes.Hidden);
}
