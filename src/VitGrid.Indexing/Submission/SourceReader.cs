using System.Text.Json;

namespace VitGrid.Indexing.Submission;

/// <summary>
/// Reads what <c>index submit</c> was given, item by item and always in the same order: a file; a folder with the images below it, sorted;
/// a pattern with <c>*</c>, <c>?</c>, <c>**</c>; <c>@list.txt</c> with a path or URI a line; <c>.jsonl</c> with <c>{"id","uri"}</c> a line.
/// </summary>
internal static class SourceReader
{
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".tif", ".tiff", ".bmp"];

    /// <exception cref="IndexException">A source is not there.</exception>
    public static IEnumerable<SourceLine> Read(IEnumerable<string> sources) => sources.SelectMany(Read);

    /// <summary>The source by its full path: equal in every folder it may be submitted from.</summary>
    public static string FullName(string source) => source.StartsWith('@') ? $"@{Path.GetFullPath(source[1..])}" : Path.GetFullPath(source);

    /// <summary>Refuses a source that cannot be read, before anything is submitted.</summary>
    /// <exception cref="IndexException">It is not there.</exception>
    public static void Check(string source)
    {
        string path = source.StartsWith('@') ? source[1..] : source;
        if (IsPattern(source) ? !Directory.Exists(Glob.Root(source)) : source.StartsWith('@') ? !File.Exists(path) : !Path.Exists(path))
            throw new IndexException($"source '{source}' is not there; name an image, a folder, a pattern, @list.txt or a .jsonl file");
        if (source.StartsWith('@') || IsJsonLines(source))
            File.OpenRead(path).Dispose();
    }

    private static IEnumerable<SourceLine> Read(string source)
    {
        if (source.StartsWith('@'))
            return ReadList(source[1..]);
        if (IsPattern(source))
            return Glob.Files(source).Select(Image);
        if (Directory.Exists(source))
            return Below(new DirectoryInfo(source)).Select(path => Image(Path.Combine(source, Path.GetRelativePath(source, path))));
        return IsJsonLines(source) ? ReadJsonLines(source) : [Image(source)];
    }

    private static bool IsPattern(string source) => source.AsSpan().ContainsAny('*', '?') && !Path.Exists(source);

    private static bool IsJsonLines(string source) => source.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase);

    private static SourceLine Image(string path) => SourceLine.Of(path, SourceLine.UriOf(path, Directory.GetCurrentDirectory()), path);

    /// <summary>One folder's names are in memory at a time.</summary>
    private static IEnumerable<string> Below(DirectoryInfo folder)
    {
        foreach (FileSystemInfo entry in folder.EnumerateFileSystemInfos().Where(entry => entry.Name[0] != '.').OrderBy(
            entry => entry.Name, StringComparer.Ordinal))
        {
            if (entry is DirectoryInfo { LinkTarget: null } inner)
            {
                foreach (string file in Below(inner))
                    yield return file;
            }
            else if (entry is FileInfo && Extensions.Contains(entry.Extension.ToLowerInvariant()))
            {
                yield return entry.FullName;
            }
        }
    }

    private static IEnumerable<SourceLine> ReadList(string file) => Lines(file)
        .Select(line => SourceLine.Of(line.Text.Trim(), SourceLine.UriOf(line.Text.Trim(), Folder(file)), $"{file}, line {line.Number}"));

    private static IEnumerable<SourceLine> ReadJsonLines(string file) =>
        Lines(file).Select(line => ReadJson(line.Text, $"{file}, line {line.Number}", Folder(file)));

    private static IEnumerable<(int Number, string Text)> Lines(string file) =>
        File.ReadLines(file).Select((text, index) => (index + 1, text)).Where(line => !string.IsNullOrWhiteSpace(line.text));

    private static string Folder(string file) => Path.GetDirectoryName(Path.GetFullPath(file))!;

    private static SourceLine ReadJson(string line, string place, string folder)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(line);
            return json.RootElement.ValueKind == JsonValueKind.Object && Text(json, "id") is { Length: > 0 } id
                && Text(json, "uri") is { Length: > 0 } uri
                ? SourceLine.Of(id, SourceLine.UriOf(uri, folder), place)
                : new("", "", $"{place}: it takes an object with the texts \"id\" and \"uri\"");
        }
        catch (JsonException exception)
        {
            return new("", "", $"{place}: no JSON: {exception.Message}");
        }
    }

    private static string? Text(JsonDocument json, string name) =>
        json.RootElement.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
