using System.Numerics;
using VitGrid.Engine.FeatureRequests;
using VitGrid.Engine.Options;
using VitGrid.Indexing.Formats;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Sinks.Files;
using VitGrid.Indexing.Sinks.Postgres;
using VitGrid.Settings;

namespace VitGrid.Indexing.Targets;

/// <summary>
/// A sink as users name it: <c>jsonl:FILE</c>, <c>npy:DIR[;type=fp32|fp16]</c>, <c>parquet:DIR</c>, <c>safetensors:DIR</c>,
/// <c>pgvector:CONNECTION;table=T[;type=halfvec|vector][;index=hnsw]</c>.
/// </summary>
public sealed class SinkSpec
{
    private const string Known =
        "use jsonl:FILE, npy:DIR[;type=fp32|fp16], parquet:DIR, safetensors:DIR or "
            + "pgvector:CONNECTION;table=T[;type=halfvec|vector][;index=hnsw]";
    private readonly Func<string, SinkTls, IVectorSink> _create;
    private readonly string _shown;
    private PartFormat? _format;

    private SinkSpec(string text, string shown, Func<string, SinkTls, IVectorSink> create) =>
        (Text, _shown, _create) = (text, shown, create);

    /// <summary>
    /// The specification with absolute paths: means the same in every process that sees the same folders. May hold a password.
    /// </summary>
    public string Text { get; }

    /// <summary>The database servers it may connect to; none of a sink of files.</summary>
    internal IReadOnlyList<SinkHost> Hosts { get; private init; } = [];

    /// <summary>Reads a specification; relative paths are taken from this process's folder.</summary>
    /// <exception cref="SinkException">It names no sink; the message says what is wrong and what would be right.</exception>
    public static SinkSpec Parse(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string rest = text[(colon + 1)..];
        return (colon < 0 ? null : text[..colon]) switch
        {
            "jsonl" => OfFiles(FileTarget.File("jsonl", PathIn("jsonl", rest, [])), PartFormats.JsonLines, ""),
            "parquet" => OfFiles(FileTarget.Folder("parquet", PathIn("parquet", rest, [])), PartFormats.Parquet, ""),
            "safetensors" => OfFiles(
                FileTarget.Folder("safetensors", PathIn("safetensors", rest, [])), PartFormats.Safetensors, ""),
            "npy" => Npy(rest),
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

    /// <summary>The sink of a job, not yet opened. A file or folder belongs to one job; a table takes many.</summary>
    /// <param name="job">The job's id.</param>
    /// <param name="tls">The least that a database beyond this machine is asked for.</param>
    internal IVectorSink Create(string job, SinkTls tls = SinkTls.VerifyFull) => _create(job, tls);

    /// <summary>The specification without a password, for people and logs.</summary>
    public override string ToString() => _shown;

    private static SinkSpec Npy(string rest)
    {
        Dictionary<string, string> options = new() { ["type"] = "fp32" };
        string folder = PathIn("npy", rest, options);
        NumberFormat numbers = options["type"] switch
        {
            "fp32" => NumberFormat.Float32,
            "fp16" => NumberFormat.Float16,
            string other => throw Refused($"sink npy: type is '{other}'; use fp32 or fp16"),
        };
        return OfFiles(FileTarget.Folder("npy", folder), PartFormats.Npy(numbers), $";type={options["type"]}");
    }

    private static SinkSpec OfFiles(FileTarget target, PartFormat format, string options) =>
        new(target.Name + options, target.Name + options, (job, _) => new FileSink(target, format, job)) { _format = format };

    private static SinkSpec Postgres(PgVectorTarget target) =>
        new(target.Text, target.Name, (job, tls) => new PgVectorSink(target, job, tls)) { Hosts = target.Hosts };

    /// <summary>The path before the first <c>;</c>; what follows may only set <paramref name="options"/>.</summary>
    private static string PathIn(string scheme, string rest, Dictionary<string, string> options)
    {
        string[] chunks = rest.Split(';');
        foreach (string[] pair in chunks[1..].Select(piece => piece.Split('=', 2)))
        {
            if (pair is not [{ } key, { } value] || !options.ContainsKey(key))
                throw Refused($"sink {scheme}: '{SecretText.Hide(string.Join('=', pair))}' is no option of it; {Known}");
            options[key] = value;
        }
        if (chunks[0].Trim() is "" || (scheme == "jsonl" && Path.EndsInDirectorySeparator(chunks[0])))
            throw Refused($"sink {scheme}: '{chunks[0]}' names no {(scheme == "jsonl" ? "file" : "folder")}; {Known}");
        if (chunks[0].Contains('\0', StringComparison.Ordinal))
            throw Refused($"sink {scheme}: the path holds NUL, which no name may");
        return Path.TrimEndingDirectorySeparator(Path.GetFullPath(chunks[0]));
    }

    private static SinkException Refused(string message) => new(SinkFault.Refused, message);
}
