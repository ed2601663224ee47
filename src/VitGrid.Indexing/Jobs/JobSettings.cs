using System.Security.Cryptography;
using System.Text;
using VitGrid.Engine.Requests;
using VitGrid.Model.Encoders;
using VitGrid.Runtime.Images;

namespace VitGrid.Indexing.Jobs;

/// <summary>What a job's vectors are to be, and where they go.</summary>
/// <param name="Model">Name of a served model.</param>
/// <param name="Sink">Where vectors go, as <c>index submit --sink</c> takes it, with full paths.</param>
public sealed record JobSettings(string Model, string Sink)
{
    /// <summary>By name; no name stands for what the model's default is.</summary>
    private static readonly Dictionary<string, Pooling?> Poolings =
        new(Enum.GetValues<Pooling>().Select(pooling => KeyValuePair.Create(pooling.Name(), (Pooling?)pooling))) { [""] = null };

    private static readonly Dictionary<string, ExifOrientation?> Orientations = new()
    {
        [""] = null,
        ["ignore"] = ExifOrientation.Ignore,
        ["apply"] = ExifOrientation.Apply,
    };

    /// <summary>Pooling; null takes the model's published embedding.</summary>
    public Pooling? Pooling { get; init; }

    /// <summary>See <see cref="EmbeddingRequest.Layer"/>.</summary>
    public int Layer { get; init; } = -1;

    /// <summary>Preprocessing profile; null takes the model's.</summary>
    public string? Preprocess { get; init; }

    /// <summary>EXIF orientation; null takes what the workers are configured for.</summary>
    public ExifOrientation? Exif { get; init; }

    /// <summary>Whether vectors get length one.</summary>
    public bool Normalize { get; init; } = true;

    /// <summary>The tenant for which it works; empty: nobody in particular. Shares of the bulk lane are counted by it.</summary>
    public string Owner { get; init; } = "";

    /// <summary>The name of <see cref="Pooling"/>; empty for the model's own.</summary>
    public string PoolingName => Pooling?.Name() ?? "";

    /// <summary>Null where model or sink is missing, or a value is none that exists.</summary>
    internal static JobSettings? From(IReadOnlyDictionary<string, string> fields)
    {
        if (!fields.TryGetValue("model", out string? model) || !fields.TryGetValue("sink", out string? sink)
            || !Poolings.TryGetValue(fields.GetValueOrDefault("pooling", "cls"), out Pooling? pooling)
            || !int.TryParse(fields.GetValueOrDefault("layer", "-1"), CultureInfo.InvariantCulture, out int layer)
            || !Orientations.TryGetValue(fields.GetValueOrDefault("exif", ""), out ExifOrientation? exif))
            return null;
        return new(model, sink)
        {
            Pooling = pooling,
            Layer = layer,
            Preprocess = fields.GetValueOrDefault("preprocess") is { Length: > 0 } preprocess ? preprocess : null,
            Exif = exif,
            Normalize = fields.GetValueOrDefault("normalize", "true") != "false",
            Owner = fields.GetValueOrDefault("owner", ""),
        };
    }

    /// <summary>As fields of the job's hash.</summary>
    internal IEnumerable<(string Name, string Value)> Fields() =>
    [
        ("model", Model),
        ("sink", Sink),
        ("pooling", PoolingName),
        ("layer", Layer.ToString(CultureInfo.InvariantCulture)),
        ("preprocess", Preprocess ?? ""),
        ("normalize", Normalize ? "true" : "false"),
        // Only where they are set: jobs of before have no such fields, and keep their fingerprint.
        .. Owner.Length == 0 ? [] : ((string, string)[])[("owner", Owner)],
        .. Exif is null ? [] : ((string, string)[])[("exif", Orientations.First(pair => pair.Value == Exif).Key)],
    ];

    /// <summary>Differs whenever settings or sources do, 32 hex digits.</summary>
    internal string Fingerprint(IEnumerable<string> sources)
    {
        string all = string.Join('\0', Fields().Select(field => field.Value).Concat(sources));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all)).AsSpan(0, 16));
    }

    /// <summary>The request for one image, called <paramref name="requestId"/>.</summary>
    internal EmbeddingRequest Request(ReadOnlyMemory<byte> image, TimeSpan timeout, string requestId) => new()
    {
        Model = Model,
        Image = image,
        Preprocess = Preprocess,
        Exif = Exif,
        Layer = Layer,
        Pooling = Pooling,
        Lane = Lane.Bulk,
        Timeout = timeout,
        Tenant = Owner,
        RequestId = requestId,
    };
}
