namespace VitGrid.Indexing.Submission;

/// <summary>A file that a walk came upon, or a place of which it could not say what is there.</summary>
/// <param name="Path">Its path, below the folder's as it was given.</param>
/// <param name="Fault">What is wrong there and the remedy, without the path; null for a file.</param>
public readonly record struct WalkedFile(string Path, string? Fault = null);

/// <summary>Walks folders for images. A place that cannot be read is told, and the walk goes on.</summary>
public static class ImageWalk
{
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".tif", ".tiff", ".bmp"];

    /// <summary>
    /// Gives the images below a folder, those of each folder sorted by name. Hidden names and links to folders are passed over. One
    /// folder's names are in memory at a time.
    /// </summary>
    /// <param name="folder">The folder.</param>
    public static IEnumerable<WalkedFile> Below(string folder) => Below(folder, IsImageName);

    /// <summary>The same of files whose names <paramref name="isWanted"/>.</summary>
    internal static IEnumerable<WalkedFile> Below(string folder, Func<string, bool> isWanted)
    {
        foreach (WalkedEntry entry in Entries(folder))
        {
            if (entry.Fault is not null)
            {
                yield return new(entry.Path, entry.Fault);
            }
            else if (entry.IsFolder)
            {
                foreach (WalkedFile file in entry.IsLink ? [] : Below(entry.Path, isWanted))
                    yield return file;
            }
            else if (isWanted(entry.Path))
            {
                yield return new(entry.Path);
            }
        }
    }

    /// <summary>Tells whether a name ends as those of image files do.</summary>
    public static bool IsImageName(string path) => Extensions.Contains(Path.GetExtension(path).ToLowerInvariant());

    /// <summary>Gives what a folder holds but hidden names, sorted by name; where it cannot be read, a fault.</summary>
    internal static WalkedEntry[] Entries(string folder, bool hidden = false)
    {
        try
        {
            return
            [
                .. new DirectoryInfo(folder).EnumerateFileSystemInfos().Where(entry => hidden || entry.Name[0] != '.')
                    .OrderBy(entry => entry.Name, StringComparer.Ordinal).Select(entry => Read(folder, entry)),
            ];
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            return [new(folder, false, false,
                $"the folder cannot be read ({exception.Message}); grant the right to, or leave it out")];
        }
    }

    /// <summary>.NET reads names as UTF-8 and puts U+FFFD where they are not: under such a name nothing is found again.</summary>
    private static WalkedEntry Read(string folder, FileSystemInfo entry)
    {
        string path = Path.Join(folder, entry.Name);
        return entry.Name.Contains('\uFFFD', StringComparison.Ordinal) && !Path.Exists(path)
            ? new(path, false, false, "the name is not UTF-8 and cannot be opened by it; rename it")
            : new(path, entry is DirectoryInfo, entry.LinkTarget is not null, null);
    }
}

/// <summary>A name in a folder.</summary>
/// <param name="Path">The folder's path and the name.</param>
/// <param name="IsFolder">Whether it is a folder, or a link to one.</param>
/// <param name="IsLink">Whether it is a link.</param>
/// <param name="Fault">What is wrong with it; null when nothing is.</param>
internal readonly record struct WalkedEntry(string Path, bool IsFolder, bool IsLink, string? Fault);
