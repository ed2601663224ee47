using VitGrid.Indexing.Archives;
using VitGrid.Indexing.Items;

namespace VitGrid.Indexing.Submission;

/// <summary>A piece of a source: an item, or a line that is none.</summary>
/// <param name="Id">What the vector is to be called.</param>
/// <param name="Uri">Where the image is; empty where the line is no item.</param>
/// <param name="Fault">File, line number and what is wrong; null for an item.</param>
public readonly record struct SourceLine(string Id, string Uri, string? Fault = null)
{
    /// <summary>Stands for bytes that are not UTF-8: a code point that is no character.</summary>
    internal const char NoText = '\uFFFF';

    /// <summary>Most letters of an id.</summary>
    internal const int MaxIdLetters = 1_024;

    /// <summary>Most letters of a URI: a <c>data:</c> URI of an image of 20 MB.</summary>
    internal const int MaxUriLetters = 32_000_000;

    /// <summary>An item, unless it is too long.</summary>
    internal static SourceLine From(string id, string uri, string place) =>
        id.Length > MaxIdLetters ? new("", "", $"{place}: the id has {id.Length} letters; allowed are {MaxIdLetters}")
        : uri.Length > MaxUriLetters ? new("", "", $"{place}: the uri has {uri.Length} letters; allowed are {MaxUriLetters}")
        : new(id, uri);

    /// <summary>An item that is a text.</summary>
    internal static SourceLine OfText(string id, string text, string place) =>
        id.AsSpan().ContainsAny('\0', NoText) || text.Contains(NoText, StringComparison.Ordinal)
            ? new("", "", $"{place}: it holds bytes that are not UTF-8, or NUL in its id")
            : From(id, TextUri.From(text), place);

    /// <summary>An item as a source gives it: its URI as it stands, or that of a path, relative to <paramref name="folder"/>.</summary>
    internal static SourceLine Read(string id, string text, string folder, string place)
    {
        if (id.AsSpan().ContainsAny('\0', NoText) || text.AsSpan().ContainsAny('\0', NoText))
            return new("", "", $"{place}: it holds NUL, or bytes that are not UTF-8; no file has such a name");
        return ObjectPlace.IsOne(text) && ObjectPlace.Parse(text) is null
            ? new("", "", $"{place}: it names no object; {ObjectPlace.Remedy}")
            : From(id, UriOf(text, folder), place);
    }

    /// <summary>A URI as it stands, or that of a path, relative to <paramref name="folder"/>.</summary>
    private static string UriOf(string text, string folder) =>
        text.StartsWith("data:", StringComparison.OrdinalIgnoreCase) || text.Contains("://", StringComparison.Ordinal)
            ? text
            : FileUri(Path.GetFullPath(text, folder));

    /// <summary>The URI of a path from the root.</summary>
    internal static string FileUri(string path) => $"file://{string.Join('/', path.Split('/').Select(System.Uri.EscapeDataString))}";
}
