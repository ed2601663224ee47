using System.Globalization;
using System.Text.Json;
using VitGrid.Engine.Errors;
using VitGrid.Engine.FeatureRequests;
using VitGrid.Engine.Features;
using VitGrid.Engine.Requests;
using VitGrid.Model.Encoders;
using VitGrid.Runtime.Images;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Requests;

/// <summary>
/// What a request says beside its images, from every place that may say it: the query, and the JSON object or the form of its body. A field
/// that is said twice must be said alike.
/// </summary>
/// <param name="set">Which fields there are; null: those of a request for vectors.</param>
internal sealed class RequestFields(FieldSet? set = null)
{
    public const string Query = "the query";
    public const string Body = "the body";
    public const string Form = "the form";

    /// <summary>Ten times what all of them are.</summary>
    private const int MaxFields = 256;

    private readonly Dictionary<string, Saying> _fields = new(StringComparer.Ordinal);

    /// <summary>Which fields there are.</summary>
    public FieldSet Set { get; } = set ?? FieldSet.Vectors;

    /// <summary>
    /// Takes the query; it writes '+' for a blank, and <c>pooling=cls+mean</c> and <c>preprocess=crop+fast</c> are what people type.
    /// </summary>
    /// <exception cref="ApiException">A field is said twice and differently.</exception>
    public RequestFields AddQuery(IQueryCollection query)
    {
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in query)
        {
            foreach (string? value in values)
                Add(name, name is "pooling" or "preprocess" ? value?.Replace(' ', '+') : value, Query);
        }
        return this;
    }

    /// <summary>Takes every property of a JSON object that is not null.</summary>
    /// <exception cref="ApiException">A field is said twice and differently.</exception>
    public RequestFields AddJson(JsonElement root)
    {
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Null)
                continue;
            if (Set.IsContent(property.Name))
                AddContent(property.Name, Body);
            else
                Add(property.Name, TextOf(property), Body, property.Value.ValueKind);
        }
        return this;
    }

    /// <summary>Takes one field.</summary>
    /// <exception cref="ApiException">It was said before, and differently.</exception>
    public void Add(string name, string? text, string place, JsonValueKind kind = JsonValueKind.String)
    {
        if (place != Body && Set.IsContent(name))
            throw Refused(name, $"{name} stands in {place}, where no image is read; send it in the body");
        Saying said = new(name, text, place, kind);
        string key = FieldRules.Canonical(name);
        if (_fields.Count == MaxFields && !_fields.ContainsKey(key))
            throw new ApiException(ApiCode.InvalidRequest, $"{place} has more than {MaxFields} fields; leave out those that are not read");
        if (!_fields.TryAdd(key, said) && Set.IsRead(name) && _fields[key] is var before && (before.Text != text || text is null))
            throw Refused(name, $"{before} and {said}; send it once");
    }

    /// <summary>Checks every name, then reads the fields; what is not read here is told to <paramref name="notes"/>.</summary>
    /// <exception cref="ApiException">A name or a value is not one that is taken.</exception>
    public EmbeddingFields Read(RequestNotes notes)
    {
        foreach (Saying said in _fields.Values)
            FieldRules.Check(said, Set, notes);
        EmbeddingFields fields = FieldValues.Read(TextOf);
        if (Set != FieldSet.Features)
            return fields;
        FeatureFields features = FeatureText.Read(TextOf);
        bool isVisual = features.VisualTokens && features.Parts == FeatureParts.None;
        if (fields.Cache == CacheUse.Refresh && !isVisual)
            throw Refused("cache", "cache is 'refresh', and hidden states are not cached, only visual tokens are: leave it out");
        return fields with
        {
            Cache = isVisual ? fields.Cache : CacheUse.Bypass,
            Features = features,
            Tiling = null,
            FeatureFormat = FieldValues.FeatureFormatOf(TextOf),
        };
    }

    private void AddContent(string name, string place)
    {
        if (!_fields.TryAdd(name, new(name, null, place, JsonValueKind.Array)))
            throw Refused(name, $"{name} stands in {place} twice; send it once");
    }

    private string? TextOf(string name)
    {
        if (!_fields.TryGetValue(name, out Saying said) || !Set.IsRead(name))
            return null;
        return said.Text ?? throw Refused(said.Name, $"{said.Name} is a JSON {said.Kind}; it takes a single string, number or boolean");
    }

    /// <summary>A list stands in a query or a form with commas between its values.</summary>
    private string? TextOf(JsonProperty property)
    {
        if (property.Value.ValueKind == JsonValueKind.Object && property.Name == "tiling" && Set.IsRead(property.Name))
            return TilingOf(property.Value);
        if (property.Value.ValueKind != JsonValueKind.Array || !Set.Lists.Contains(property.Name))
            return TextOf(property.Value);
        string?[] values = [.. property.Value.EnumerateArray().Select(TextOf)];
        return values.Length > 0 && Array.TrueForAll(values, value => value is not null) ? string.Join(',', values) : null;
    }

    /// <summary>
    /// <c>{"min":1,"max":12,"thumbnail":true}</c> stands in a query as <c>1,12,true</c>; what is absent is what InternVL's processors do.
    /// </summary>
    private static string TilingOf(JsonElement tiling)
    {
        string min = "1", max = "12", thumbnail = "true";
        foreach (JsonProperty property in tiling.EnumerateObject())
        {
            string text = TextOf(property.Value) ?? "";
            if (property.NameEquals("min"u8))
                min = text;
            else if (property.NameEquals("max"u8))
                max = text;
            else if (property.NameEquals("thumbnail"u8))
                thumbnail = text;
            else
                throw Refused("tiling", $"tiling has '{Quote.Short(property.Name)}' in it; it takes min, max and thumbnail");
        }
        return $"{min},{max},{thumbnail}";
    }

    private static string? TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String or JsonValueKind.Number => Quote.Bounded(value),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => null,
    };

    private static ApiException Refused(string name, string message) => new(ApiCode.InvalidRequest, message, name);
}

/// <summary>A field as it was said.</summary>
/// <param name="Name">The name as it was written.</param>
/// <param name="Text">The value as it would stand in a form; null for an object or array.</param>
/// <param name="Place">Where it stood.</param>
/// <param name="Kind">What it was in JSON.</param>
internal readonly record struct Saying(string Name, string? Text, string Place, JsonValueKind Kind)
{
    /// <inheritdoc/>
    public override string ToString() => Text is null
        ? $"{Quote.Short(Name)} is a JSON {Kind} in {Place}"
        : $"{Quote.Short(Name)} is '{Quote.Short(Text)}' in {Place}";
}

/// <summary>The values of a request's fields; the same names in JSON, in a query and in a form.</summary>
internal static class FieldValues
{
    private const int MaxTimeout = 3_600_000;

    /// <summary>Reads the fields from <paramref name="text"/>, which answers null for a field that is absent.</summary>
    /// <exception cref="ApiException">A value is not one the field takes.</exception>
    public static EmbeddingFields Read(Func<string, string?> text)
    {
        FieldText fields = new(text);
        return new()
        {
            Model = text("model"),
            Encoding = EncodingOf(fields, text),
            Dimensions = fields.Integer("dimensions", 1, int.MaxValue),
            Pooling = fields.ChoiceOr<Pooling?>(
                null,
                "the model's published embedding",
                "pooling",
                ("cls", Pooling.Cls), ("mean", Pooling.Mean), ("cls+mean", Pooling.ClsMean), ("head", Pooling.Head)),
            Layer = fields.Integer("layer", int.MinValue, int.MaxValue) ?? -1,
            Normalize = fields.Choice("normalize", ("true", true), ("false", false), ("1", true), ("0", false)),
            Type = fields.Choice("embedding_type",
                ("float", EmbeddingType.Float), ("float16", EmbeddingType.Float16), ("int8", EmbeddingType.Int8),
                ("uint8", EmbeddingType.UInt8), ("binary", EmbeddingType.Binary), ("ubinary", EmbeddingType.UBinary),
                ("base64", EmbeddingType.Float)),
            Lane = fields.Choice("priority", ("interactive", Lane.Interactive), ("bulk", Lane.Bulk)),
            Timeout = fields.Integer("timeout_ms", 1, MaxTimeout) is { } ms ? TimeSpan.FromMilliseconds(ms) : null,
            Cache = fields.Choice("cache", ("use", CacheUse.Use), ("bypass", CacheUse.Bypass), ("refresh", CacheUse.Refresh)),
            Preprocess = text("preprocess"),
            Exif = text("exif") is null
                ? null
                : fields.Choice("exif", ("ignore", ExifOrientation.Ignore), ("apply", ExifOrientation.Apply)),
            Partial = fields.Choice("on_error", ("fail", false), ("partial", true)),
            TokensOfModel = fields.ChoiceOr(false, "none: texts are sent as strings", "tokens", ("model", true)),
            Truncate = fields.Choice("truncate", ("end", true), ("error", false)),
            PromptTemplate = PromptTemplates.Check(text("prompt_template"), "prompt_template"),
            Tiling = text("tiling") is { } tiling ? FeatureText.ReadTiling(tiling) : null,
        };
    }

    /// <summary>The form of an answer with features; null where the request names none.</summary>
    /// <exception cref="ApiException">The value is not one the field takes.</exception>
    public static FeatureFormat? FeatureFormatOf(Func<string, string?> text) => text("format") is null
        ? null
        : new FieldText(text).Choice(
            "format", ("safetensors", FeatureFormat.Safetensors), ("npy", FeatureFormat.Npy), ("multipart", FeatureFormat.Multipart));

    /// <summary>Jina says with the type what OpenAI says with the format: <c>base64</c>.</summary>
    private static EncodingFormat EncodingOf(FieldText fields, Func<string, string?> text)
    {
        EncodingFormat asked = fields.Choice("encoding_format", ("float", EncodingFormat.Float), ("base64", EncodingFormat.Base64));
        if (text("embedding_type") != "base64")
            return asked;
        return asked == EncodingFormat.Base64 || text("encoding_format") is null ? EncodingFormat.Base64 : throw new ApiException(
            ApiCode.InvalidRequest, "encoding_format is 'float' and embedding_type is 'base64'; send one of them", "embedding_type");
    }
}

/// <summary>Reads one field's text; a refusal names the field, the value and what it takes.</summary>
internal readonly struct FieldText(Func<string, string?> text)
{
    /// <summary>The choice the text names; the first one when the field is absent.</summary>
    public T Choice<T>(string name, params ReadOnlySpan<(string Text, T Value)> choices) =>
        ChoiceOr(choices[0].Value, choices[0].Text, name, choices);

    /// <summary>
    /// The choice the text names; <paramref name="absent"/>, which people know as <paramref name="standard"/>, when there is none.
    /// </summary>
    public T ChoiceOr<T>(T absent, string standard, string name, params ReadOnlySpan<(string Text, T Value)> choices)
    {
        if (text(name) is not { } given)
            return absent;
        foreach ((string known, T value) in choices)
        {
            if (known == given)
                return value;
        }
        List<string> names = [];
        foreach ((string known, _) in choices)
            names.Add(known);
        throw new ApiException(ApiCode.InvalidRequest,
            $"{name} is '{Quote.Short(given)}'; it takes one of {string.Join(", ", names)} (default {standard})", name);
    }

    /// <summary>A whole number; null when the field is absent.</summary>
    public int? Integer(string name, int least, int most)
    {
        if (text(name) is not { } given)
            return null;
        if (int.TryParse(given, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= least
            && value <= most)
            return value;
        throw new ApiException(ApiCode.InvalidRequest,
            string.Create(CultureInfo.InvariantCulture,
                $"{name} is '{Quote.Short(given)}'; it takes a whole number from {least} to {most}"), name);
    }
}
