using VitGrid.Indexing.Submission;

namespace VitGrid.Server.Verbs.Embed;

/// <summary>One image to embed, or one text.</summary>
/// <param name="Name">What the output calls it: the path as the user would write it, <c>-</c> for standard input.</param>
/// <param name="Path">Where to read it; null for standard input.</param>
internal sealed record ImageFile(string Name, string? Path)
{
    /// <summary>Why nothing can be read there, with the remedy; null for a file.</summary>
    public string? Fault { get; init; }

    /// <summary>The text, which is its name too; null: it is an image.</summary>
    public string? Text { get; init; }

    /// <summary>A text.</summary>
    public static ImageFile OfText(string text) => new(text, null) { Text = text };
}

/// <summary>Turns files, folders and <c>-</c> into images.</summary>
internal static class ImageFiles
{
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
            ? ImageWalk.Below(source)
                .OrderBy(file => file.Path, StringComparer.Ordinal)
                .Select(file => new ImageFile(file.Path, file.Path) { Fault = file.Fault })
            : [new ImageFile(source, source)];
    }
}
