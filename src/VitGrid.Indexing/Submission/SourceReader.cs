using System.Text;
using System.Text.Json;
using VitGrid.Engine.Options;
using VitGrid.Indexing.Archives;
using VitGrid.Indexing.Items;
using VitGrid.S3;

namespace VitGrid.Indexing.Submission;

/// <summary>
/// Reads what <c>index submit</c> was given, item by item and always in the same order: a file; a folder with the images below it, sorted;
/// a pattern with <c>*</c>, <c>?</c>, <c>**</c>; <c>@list.txt</c> with a path or URI a line; <c>.jsonl</c> with <c>{"id","uri"}</c> or
/// <c>{"id","text"}</c> a line; objects of a store, <c>s3://bucket/…</c>. Tar archives and Parquet files of images are listed in place;
/// names with braces are several sources.
/// </summary>
public static class SourceReader
{
    private static readonly Encoding Utf8 = Encoding.GetEncoding(
        "utf-8", EncoderFallback.ExceptionFallback, new DecoderReplacementFallback($"{SourceLine.NoText}"));

    private static readonly Func<string, bool> Any = _ => true;

    /// <summary>Reads sources one after another.</summary>
    /// <exception cref="IndexException">A source is not there.</exception>
    /// <param name="sources">As they were given.</param>
    /// <param name="store">Where objects are; null: none are read.</param>
    /// <param name="mayOpen">Whether an archive at a full path may be opened to be listed; null: every one.</param>
    internal static IEnumerable<SourceLine> Read(
        IEnumerable<string> sources, S3Store? store = null, Func<string, bool>? mayOpen = null) =>
        sources.SelectMany(Names).SelectMany(source => ObjectPlace.IsOne(source)
            ? S3Walk.Read(source, Demand(store)) : Read(source, store, mayOpen ?? Any));

    /// <summary>Tells whether a source names archives, in which metadata may stand beside images.</summary>
    public static bool IsArchive(string source) => ArchiveWalk.IsName(source);

    /// <summary>The source by its full path: equal in every folder it may be submitted from.</summary>
    internal static string FullName(string source) =>
        ObjectPlace.IsOne(source) ? source : source.StartsWith('@') ? $"@{Path.GetFullPath(source[1..])}" : Path.GetFullPath(source);

    /// <summary>Refuses a source that cannot be read, before anything is submitted.</summary>
    /// <exception cref="IndexException">It is not there.</exception>
    /// <param name="sources">The sources.</param>
    /// <param name="objects">How stores of objects are reached.</param>
    public static void Check(IReadOnlyList<string> sources, S3Options objects)
    {
        ArgumentNullException.ThrowIfNull(sources);
        using S3Store? store = OpenStore(sources, objects);
        foreach (string source in sources)
            Check(source, store);
    }

    /// <summary>The store where a source is one of objects, or lists some; else null.</summary>
    /// <exception cref="IndexException">The settings do not hold.</exception>
    internal static S3Store? OpenStore(IEnumerable<string> sources, S3Options objects)
    {
        try
        {
            return sources.Any(IsOfObjects) ? ObjectStore.Open(objects) : null;
        }
        catch (S3Exception exception)
        {
            throw new IndexException(exception.Message, exception);
        }
    }

    private static bool IsOfObjects(string source) => ObjectPlace.IsOne(source)
        || (source.StartsWith('@') && File.Exists(source[1..]) && Lines(source[1..]).Any(line => IsObjectInPlace(line.Text.Trim())));

    private static bool IsObjectInPlace(string text) => ObjectPlace.IsOne(text) && S3Walk.IsPlaces(text);

    internal static void Check(string source, S3Store? store = null)
    {
        foreach (string name in Names(source))
        {
            if (ObjectPlace.IsOne(name))
                S3Walk.Check(name, Demand(store));
            else
                CheckOne(name);
        }
    }

    private static S3Store Demand(S3Store? store) => store ?? throw new IndexException("objects are not read here");

    private static void CheckOne(string source)
    {
        string path = source.StartsWith('@') ? source[1..] : source;
        if (IsPattern(source) ? !Directory.Exists(Glob.Root(source)) : source.StartsWith('@') ? !File.Exists(path) : !Path.Exists(path))
            throw new IndexException($"source '{source}' is not there; name an image, a folder, a pattern, a .tar, "
                + "@list.txt or a .jsonl file");
        if (source.StartsWith('@') || IsJsonLines(source))
            File.OpenRead(path).Dispose();
    }

    private static IEnumerable<SourceLine> Read(string source, S3Store? store, Func<string, bool> mayOpen)
    {
        if (source.StartsWith('@'))
            return ReadList(source[1..], store, mayOpen);
        if (IsPattern(source))
            return Glob.Files(source).SelectMany(file => Items(file, mayOpen));
        if (Directory.Exists(source))
            return ImageWalk.Below(source, name => ImageWalk.IsImageName(name) || ArchiveWalk.IsName(name))
                .SelectMany(file => Items(file, mayOpen));
        return IsJsonLines(source) ? ReadJsonLines(source) : Items(new(source), mayOpen);
    }

    /// <summary>A name with braces is several, unless a file is called so.</summary>
    private static IEnumerable<string> Names(string source) =>
        source.StartsWith('@') || Path.Exists(source) ? [source] : BraceList.Expand(source);

    private static bool IsPattern(string source) => source.AsSpan().ContainsAny('*', '?') && !Path.Exists(source);

    private static bool IsJsonLines(string source) => source.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<SourceLine> Items(WalkedFile file, Func<string, bool> mayOpen)
    {
        if (file.Fault is { } fault)
            return [new("", "", $"{file.Path}: {fault}")];
        return InArchive(file.Path, Path.GetFullPath(file.Path), mayOpen)
            ?? [SourceLine.Read(file.Path, file.Path, Directory.GetCurrentDirectory(), file.Path)];
    }

    private static IEnumerable<SourceLine> ReadList(string file, S3Store? store, Func<string, bool> mayOpen) => Lines(file).SelectMany(
        line => store is not null && IsObjectInPlace(line.Text.Trim())
            ? ReadObject(line.Text.Trim(), store, $"{file}, line {line.Number}")
            : ReadLine(line.Text.Trim(), Folder(file), $"{file}, line {line.Number}", mayOpen));

    private static IEnumerable<SourceLine> ReadObject(string source, S3Store store, string place) =>
        ObjectPlace.Parse(source) is null ? [SourceLine.Read("", source, "/", place)] : S3Walk.Read(source, store);

    private static IEnumerable<SourceLine> ReadLine(string text, string folder, string place, Func<string, bool> mayOpen) =>
        (text.Contains("://", StringComparison.Ordinal) || text.Contains('\0', StringComparison.Ordinal)
            ? null : InArchive(text, Path.GetFullPath(text, folder), mayOpen)) ?? [SourceLine.Read(text, text, folder, place)];

    /// <summary>The images in an archive or a Parquet file; null: it is called otherwise, or not there.</summary>
    private static IEnumerable<SourceLine>? InArchive(string source, string path, Func<string, bool> mayOpen)
    {
        if (!ArchiveWalk.IsName(path) && !ParquetWalk.IsName(path))
            return null;
        if (!mayOpen(path))
            return [new("", "", $"{source}: the archive lies outside the folders that may be read; move it into one of them")];
        return !File.Exists(path) ? null : ArchiveWalk.IsName(path) ? ArchiveWalk.Read(source, path) : ParquetWalk.Read(source, path);
    }

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
            if (json.RootElement.ValueKind != JsonValueKind.Object || Text(json, "id") is not { Length: > 0 } id)
                return new("", "", $"{place}: it takes an object with the texts \"id\" and \"uri\", or \"id\" and \"text\"");
            return (Text(json, "uri"), Text(json, "text")) switch
            {
                ({ Length: > 0 } uri, null) => SourceLine.Read(id, uri, folder, place),
                (null, { } text) => SourceLine.OfText(id, text, place),
                _ => new("", "", $"{place}: it takes one of the texts \"uri\", which is not empty, and \"text\""),
            };
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
