using System.Numerics;
using VitGrid.Engine.FeatureRequests;
using VitGrid.Indexing.Archives;
using VitGrid.Indexing.Formats;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Sinks.Buckets;
using VitGrid.Indexing.Sinks.Files;
using VitGrid.Indexing.Sinks.Postgres;
using VitGrid.Settings;

namespace VitGrid.Indexing.Targets;

/// <summary>
/// A sink as users name it: <c>jsonl:FILE</c>, <c>npy:DIR[;type=TYPE]</c>, <c>parquet:DIR[;type=TYPE]</c>,
/// <c>tar:DIR[;type=TYPE]</c>, <c>safetensors:DIR</c>,
/// <c>pgvector:CONNECTION;table=T[;type=halfvec|vector][;index=hnsw]</c>; <c>FILE</c> and <c>DIR</c> may be <c>s3://BUCKET/PREFIX</c>.
/// </summary>
public sealed class SinkSpec
{
    private const string Known =
        "use jsonl:FILE, npy:DIR[;type=fp32|fp16|int8|binary], parquet:DIR or tar:DIR with the same types, safetensors:DIR or "
            + "pgvector:CONNECTION;table=T[;type=halfvec|vector][;index=hnsw]; FILE and DIR may be s3://BUCKET/PREFIX";
    private readonly Func<SinkAccess, IVectorSink> _create;
    private readonly string _shown;
    private PartFormat? _format;

    private SinkSpec(string text, string shown, Func<SinkAccess, IVectorSink> create) =>
        (Text, _shown, _create) = (text, shown, create);

    /// <summary>
    /// The specification with absolute paths: means the same in every process that sees the same folders. May hold a password.
    /// </summary>
    public string Text { get; }

    /// <summary>The database servers it may connect to; none of a sink of files.</summary>
    internal IReadOnlyList<SinkHost> Hosts { get; private init; } = [];

    /// <summary>The file or folder that it writes; null: none.</summary>
    internal string? Folder { get; private init; }

    /// <summary>The objects that it writes begin with this bucket and key; null: it writes none.</summary>
    internal ObjectPlace? Objects { get; private init; }

    /// <summary>Reads a specification; relative paths are taken from this process's folder.</summary>
    /// <exception cref="SinkException">It names no sink; the message says what is wrong and what would be right.</exception>
    public static SinkSpec Parse(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string rest = text[(colon + 1)..];
        return (colon < 0 ? null : text[..colon]) switch
        {
            "jsonl" => OfFiles("jsonl", PlaceIn("jsonl", rest, []), PartFormats.JsonLines, ""),
            "parquet" => Typed("parquet", rest, PartFormats.Parquet),
            "safetensors" => OfFiles("safetensors", PlaceIn("safetensors", rest, []), PartFormats.Safetensors, ""),
            "npy" => Typed("npy", rest, PartFormats.Npy),
            "tar" => Typed("tar", rest, PartFormats.Tar),
            "pgvector" => Postgres(PgVectorTarget.Parse(rest)),
            { } scheme => throw Refused($"sink '{SecretText.Hide(scheme)}' is unknown; {Known}"),
            null => throw Refused($"sink '{SecretText.Hide(text)}' has no scheme; {Known}"),
        };
    }

    /// <summary>Whether it stores what stands beside images of archives.</summary>
    public bool KeepsMetadata => _format is not null;

    /// <summary>What speaks against storing features in it, as far as that can be said without the model; null: nothing.</summary>
    public string? ObjectionTo(FeatureFields features)
    {
        ArgumentNullException.ThrowIfNull(features);
        int parts = BitOperations.PopCount((uint)features.Parts);
        int tensors = (parts * (features.Layers?.Distinct().Count() ?? int.MaxValue / 8)) + (features.VisualTokens ? 1 : 0);
        return _format is null
            ? "a table holds vectors; features are stored by safetensors:DIR, or npy:DIR where they are one tensor"
            : _format.FeatureObjection(features.Type, tensors, features.Tiling is not null);
    }

    /// <summary>The sink of a job, not yet opened.</summary>
    internal IVectorSink Create(SinkAccess access) => _create(access);

    /// <summary>The specification without a password, for people and logs.</summary>
    public override string ToString() => _shown;

    private static SinkSpec Typed(string scheme, string rest, Func<NumberFormat, PartFormat> format)
    {
        Dictionary<string, string> options = new() { ["type"] = NumberFormat.Float32.Name() };
        string place = PlaceIn(scheme, rest, options);
        NumberFormat numbers = NumberNames.Parse(options["type"])
            ?? throw Refused($"sink {scheme}: type is '{SecretText.Hide(options["type"])}'; use {NumberNames.All}");
        // What Parquet was before it had types is still named without one.
        bool isNamed = scheme == "npy" || numbers != NumberFormat.Float32;
        return OfFiles(scheme, place, format(numbers), isNamed ? $";type={numbers.Name()}" : "");
    }

    /// <summary>Files below a folder or a bucket's prefix; of <c>jsonl</c> one of its own.</summary>
    private static SinkSpec OfFiles(string scheme, string place, PartFormat format, string options)
    {
        if (BucketTarget.IsOne(place))
            return OfObjects(scheme, place, format, options);
        FileTarget target = scheme == "jsonl" ? FileTarget.File(scheme, place) : FileTarget.Folder(scheme, place);
        return new(target.Name + options, target.Name + options, access => new FileSink(target, format, access.Job))
        {
            _format = format,
            Folder = place,
        };
    }

    private static SinkSpec OfObjects(string scheme, string place, PartFormat format, string options)
    {
        if (BucketTarget.Parse(place) is not var (bucket, key))
            throw Refused($"sink {scheme}: that is no place in a bucket; {BucketTarget.Remedy}");
        bool isOne = scheme == "jsonl";
        BucketTarget target = isOne ? BucketTarget.Object(scheme, bucket, key) : BucketTarget.Folder(scheme, bucket, key);
        return new(target.Name + options, target.Name + options, access => new FileSink(
            new BucketParts(target, format, access.Objects), format, access.Job))
        {
            _format = format,
            Objects = new(bucket, isOne ? key : target.Parts, null),
        };
    }

    private static SinkSpec Postgres(PgVectorTarget target) =>
        new(target.Text, target.Name, access => new PgVectorSink(target, access.Job, access.Tls)) { Hosts = target.Hosts };

    /// <summary>The path or URI before the first <c>;</c>; what follows may only set <paramref name="options"/>.</summary>
    private static string PlaceIn(string scheme, string rest, Dictionary<string, string> options)
    {
        string[] chunks = rest.Split(';');
        foreach (string[] pair in chunks[1..].Select(piece => piece.Split('=', 2)))
        {
            if (pair is not [{ } key, { } value] || !options.ContainsKey(key))
                throw Refused($"sink {scheme}: '{SecretText.Hide(string.Join('=', pair))}' is no option of it; {Known}");
            options[key] = value;
        }
        if (chunks[0].Trim() is "" || (scheme == "jsonl" && Path.EndsInDirectorySeparator(chunks[0])))
            throw Refused($"sink {scheme}: '{SecretText.Hide(chunks[0])}' names no {(scheme == "jsonl" ? "file" : "folder")}; {Known}");
        if (chunks[0].Contains('\0', StringComparison.Ordinal))
            throw Refused($"sink {scheme}: the path holds NUL, which no name may");
        if (BucketTarget.IsOne(chunks[0]))
            return chunks[0];
        return Path.TrimEndingDirectorySeparator(Path.GetFullPath(chunks[0]));
    }

    private static SinkException Refused(string message) => new(SinkFault.Refused, message);
}
