using System.Security.Cryptography;
using System.Text;
using VitGrid.Engine.FeatureRequests;
using VitGrid.Engine.Models;
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

    private const string NotPooled = "features";

    private const string Kept = "keep";

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

    /// <summary>Features to store instead of vectors; null: vectors. Pooling, layer and normalisation say nothing then.</summary>
    public FeatureFields? Features { get; init; }

    /// <summary>Whether what stands beside the images of archives is stored beside their vectors.</summary>
    public bool Metadata { get; init; }

    /// <summary>The tenant for which it works; empty: nobody in particular. Shares of the bulk lane are counted by it.</summary>
    public string Owner { get; init; } = "";

    /// <summary>The name of <see cref="Pooling"/>; empty for the model's own.</summary>
    public string PoolingName => Pooling?.Name() ?? "";

    /// <summary>Null where model or sink is missing, or a value is none that exists.</summary>
    internal static JobSettings? From(IReadOnlyDictionary<string, string> fields)
    {
        if (!fields.TryGetValue("model", out string? model) || !fields.TryGetValue("sink", out string? sink)
            || !TryReadFeatures(fields.GetValueOrDefault("features", ""), out FeatureFields? features)
            || !TryReadPooling(fields.GetValueOrDefault("pooling", "cls"), features, out Pooling? pooling)
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
            Features = features,
            Metadata = fields.GetValueOrDefault("metadata", "") == Kept,
        };
    }

    /// <summary>As fields of the job's hash.</summary>
    internal IEnumerable<(string Name, string Value)> Fields() =>
    [
        ("model", Model),
        ("sink", Sink),
        // A build that knows no features must not take the job for one of vectors.
        ("pooling", Features is null ? PoolingName : NotPooled),
        ("layer", Layer.ToString(CultureInfo.InvariantCulture)),
        ("preprocess", Preprocess ?? ""),
        ("normalize", Normalize ? "true" : "false"),
        // Only where they are set: jobs of before have no such fields, and keep their fingerprint.
        .. Owner.Length == 0 ? [] : ((string, string)[])[("owner", Owner)],
        .. Exif is null ? [] : ((string, string)[])[("exif", Orientations.First(pair => pair.Value == Exif).Key)],
        .. Features is null ? [] : ((string, string)[])[("features", FeatureText.Write(Features))],
        .. !Metadata ? [] : ((string, string)[])[("metadata", Kept)],
    ];

    /// <summary>Differs whenever settings or sources do, 32 hex digits.</summary>
    internal string Fingerprint(IEnumerable<string> sources)
    {
        string all = string.Join('\0', Fields().Select(field => field.Value).Concat(sources));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all)).AsSpan(0, 16));
    }

    private static bool TryReadPooling(string text, FeatureFields? features, out Pooling? pooling)
    {
        pooling = null;
        return features is not null || Poolings.TryGetValue(text, out pooling);
    }

    private static bool TryReadFeatures(string text, out FeatureFields? features)
    {
        features = null;
        try
        {
            features = text.Length == 0 ? null : FeatureText.Parse(text);
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    /// <summary>
    /// The request for one image, called <paramref name="requestId"/>; <paramref name="plan"/> says what its features are, if it asks for
    /// some.
    /// </summary>
    internal EmbeddingRequest Request(ReadOnlyMemory<byte> image, TimeSpan timeout, string requestId, FeaturePlan? plan = null) => new()
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
        Features = plan?.Order,
        Tiling = plan?.Tiling,
        // What passes by the million would push everything else out of a cache.
        Cache = plan is null ? CacheUse.Use : CacheUse.Bypass,
    };

    /// <summary>The request for one text.</summary>
    internal EmbeddingRequest Request(TokenIds text, TimeSpan timeout, string requestId) => new()
    {
        Model = Model,
        Text = text,
        Lane = Lane.Bulk,
        Timeout = timeout,
        Tenant = Owner,
        RequestId = requestId,
    };

    /// <summary>Why this job's texts have no vectors beside those of its images; null: they have.</summary>
    internal string? TextFault(ModelInfo model)
    {
        if (model.TextTower is null)
            return $"the item is a text; model '{model.Name}' embeds images, not text: submit texts to a model that reads them";
        bool isPublished = Features is null && (Pooling ?? model.Architecture.Poolings.Default) == model.Architecture.Poolings.Default
            && (Layer == -1 || Layer == model.Architecture.Depth);
        return isPublished
            ? null : "the item is a text, which has one vector, and the job names a pooling, a layer or features; submit texts without";
    }
}
