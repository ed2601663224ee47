using System.Text;
using System.Text.Json;

namespace VitGrid.Indexing.Submission;

/// <summary>
/// Reads what <c>index submit</c> was given, item by item and always in the same order: a file; a folder with the images below it, sorted;
/// a pattern with <c>*</c>, <c>?</c>, <c>**</c>; <c>@list.txt</c> with a path or URI a line; <c>.jsonl</c> with <c>{"id","uri"}</c> a line.
/// </summary>
public static class SourceReader
{
    private static readonly Encoding Utf8 = Encoding.GetEncoding(
        "utf-8", EncoderFallback.ExceptionFallback, new DecoderReplacementFallback($"{SourceLine.NoText}"));

    /// <exception cref="IndexException">A source is not there.</exception>
    internal static IEnumerable<SourceLine> Read(IEnumerable<string> sources) => sources.SelectMany(Read);

    /// <summary>The source by its full path: equal in every folder it may be submitted from.</summary>
    internal static string FullName(string source) =>
        source.StartsWith('@') ? $"@{Path.GetFullPath(source[1..])}" : Path.GetFullPath(source);

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
            return ImageWalk.Below(source).Select(Image);
        return IsJsonLines(source) ? ReadJsonLines(source) : [Image(source)];
    }

    private static bool IsPattern(string source) => source.AsSpan().ContainsAny('*', '?') && !Path.Exists(source);

    private static bool IsJsonLines(string source) => source.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase);

    private static SourceLine Image(WalkedFile file) => file.Fault is { } fault ? new("", "", $"{file.Path}: {fault}") : Image(file.Path);

    private static SourceLine Image(string path) => SourceLine.Read(path, path, Directory.GetCurrentDirectory(), path);

    private static IEnumerable<SourceLine> ReadList(string file) => Lines(file)
        .Select(line => SourceLine.Read(line.Text.Trim(), line.Text.Trim(), Folder(file), $"{file}, line {line.Number}"));

    private static IEnumerable<SourceLine> ReadJsonLines(string file) =>
        Lines(file).Select(line => ReadJson(line.Text, $"{file}, line {line.Number}", Folder(file)));

    private static IEnumerable<(int Number, string Text)> Lines(string file) =>
        File.ReadLines(file, Utf8).Select((text, index) => (index + 1, text)).Where(line => !string.IsNullOrWhiteSpace(line.text));

    private static string Folder(string file) => Path.GetDirectoryName(Path.GetFullPath(file))!;

    private static SourceLine ReadJson(string line, string place, string folder)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(line);
            return json.RootElement.ValueKind == JsonValueKind.Object && Text(json, "id") is { Length: > 0 } id
                && Text(json, "uri") is { Length: > 0 } uri
                ? SourceLine.Read(id, uri, folder, place)
                : new("", "", $"{place}: it takes an object with the texts \"id\" and \"uri\"");
        }
        catch (JsonException exception)
        {
            return new("", "", $"{place}: no JSON: {exception.Message}");
        }
        catch (InvalidOperationException)
        {
            return new("", "", $"{place}: a text holds half of a surrogate pair; write the whole character, or UTF-8");
        }
    }

    private static string? Text(JsonDocument json, string name) =>
        json.RootElement.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
