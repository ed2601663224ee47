namespace VitGrid.Indexing.Sinks.Files;

/// <summary>Parts as files and objects are named after them.</summary>
internal static class PartNames
{
    /// <summary>How the entry that describes a part ends.</summary>
    public const string EntryEnding = ".entry.json";

    /// <summary>How the mark of a part ends that is being taken out.</summary>
    public const string WithdrawnEnding = ".withdrawn";

    /// <summary>How the names of files of parts begin.</summary>
    public const string Beginning = "part-";

    /// <summary>A part's name may hold an address; a file's may not hold everything.</summary>
    public static string Escaped(string part) => Uri.EscapeDataString(part);

    /// <summary>The name of a part's file.</summary>
    public static string FileOf(string part, PartFile file) => $"{Beginning}{Escaped(part)}{file.Extension}";

    /// <summary>The part that a file's name says, where it is <paramref name="beginning"/>, a part and <paramref name="ending"/>.</summary>
    public static string? PartIn(string name, string beginning, string ending) =>
        name.Length > beginning.Length + ending.Length && name.StartsWith(beginning, StringComparison.Ordinal)
        && name.EndsWith(ending, StringComparison.Ordinal) && !name.Contains('/', StringComparison.Ordinal)
            ? Uri.UnescapeDataString(name[beginning.Length..^ending.Length]) : null;
}
