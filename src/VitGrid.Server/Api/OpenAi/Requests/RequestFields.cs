using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using VitGrid.Engine.Errors;
using VitGrid.Engine.Requests;
using VitGrid.Model.Encoders;
using VitGrid.Runtime.Images;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.OpenAi.Requests;

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
            if (FieldRules.IsContent(property.Name))
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
        if (place != Body && FieldRules.IsContent(name))
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
        return Set == FieldSet.Features
            ? FieldValues.Read(TextOf) with { Cache = CacheUse.Bypass, Features = FeatureValues.Read(TextOf) }
            : FieldValues.Read(TextOf);
    }

    private void AddContent(string name, string place)
    {
        if (!_fields.TryAdd(name, new(name, null, place, JsonValueKind.Array)))
            throw Refused(name, $"{name} stands in {place} twice; send it once");
    }

    private string? TextOf(string name)
    {
        if (!_fields.TryGetValue(name, out Saying said))
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
        };
    }

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

/// <summary>Which fields a kind of request has.</summary>
internal sealed class FieldSet
{
    /// <summary>Names that change nothing and are sent by clients on their own: OpenAI's user, Azure's version.</summary>
    private static readonly FrozenSet<string> Idle = FrozenSet.Create(StringComparer.Ordinal, "user", "api-version");

    /// <summary>Fields of other services that hold images or text.</summary>
    private static readonly Dictionary<string, (string[] Harmless, string Remedy)> ForeignContent = new()
    {
        ["image"] = ([], "send it as input"),
        ["images"] = ([], "send them as input"),
        ["image_url"] = ([], "send it as input"),
        ["inputs"] = ([], "send the images as input"),
        ["text"] = ([], "this server embeds images, not text: send images as input"),
        ["texts"] = ([], "this server embeds images, not text: send images as input"),
        ["mm_processor_kwargs"] = ([], "send preprocess"),
    };

    private FieldSet(FrozenSet<string> known, IEnumerable<KeyValuePair<string, (string[] Harmless, string Remedy)>> foreign) =>
        (Known, Foreign) = (known, foreign.Concat(ForeignContent).ToFrozenDictionary(StringComparer.Ordinal));

    /// <summary>
    /// The fields of a request for vectors. Foreign ones are of Jina's, vLLM's, Cohere's and Voyage's forms.
    /// </summary>
    public static FieldSet Vectors { get; } = new(
        FrozenSet.Create(StringComparer.Ordinal,
            "model", "encoding_format", "dimensions", "pooling", "layer", "normalize", "embedding_type", "priority", "timeout_ms", "cache",
            "preprocess", "exif", "on_error"),
        new Dictionary<string, (string[], string)>
        {
            ["late_chunking"] = (["false"], "an image is one vector and is not cut into chunks: leave it out"),
            ["return_multivector"] = (["false"], "an image is one vector: leave it out"),
            ["output_dimension"] = ([], "send dimensions"),
            ["output_dtype"] = (["float"], "send embedding_type"),
            ["embedding_types"] = ([], "send embedding_type, one of them"),
            ["embed_dtype"] = (["auto", "float32"], "send embedding_type"),
            ["endianness"] = (["native", "little"], "bytes are little-endian: leave it out"),
        });

    /// <summary>The fields of a request for features.</summary>
    public static FieldSet Features { get; } = new(
        FrozenSet.Create(StringComparer.Ordinal,
            "model", "layers", "outputs", "norm", "tiling", "layout", "dtype", "format", "priority", "timeout_ms", "preprocess",
            "exif", "on_error"),
        new Dictionary<string, (string[], string)>
        {
            ["layer"] = ([], "send layers"),
            ["pooling"] = ([], "features are not pooled: send outputs, or ask POST /v1/embeddings"),
            ["normalize"] = (["false"], "features are given out as they are: leave it out"),
            ["normalized"] = (["false"], "features are given out as they are: leave it out"),
            ["dimensions"] = ([], "features are not cut: leave it out"),
            ["encoding_format"] = ([], "send format"),
            ["embedding_type"] = ([], "send dtype"),
            ["cache"] = (["use", "bypass"], "features are not cached: leave it out"),
        })
    {
        Lists = FrozenSet.Create(StringComparer.Ordinal, "layers", "outputs"),
    };

    /// <summary>The fields that are read.</summary>
    public FrozenSet<string> Known { get; }

    /// <summary>Those among them that may be arrays.</summary>
    public FrozenSet<string> Lists { get; private init; } = [];

    /// <summary>Fields that ask for something else; a harmless value asks for nothing.</summary>
    public FrozenDictionary<string, (string[] Harmless, string Remedy)> Foreign { get; }

    /// <summary>Whether the name is a field, so that nothing of that name is an image.</summary>
    public bool IsField(string name) => IsRead(name) || Idle.Contains(name);

    /// <summary>Whether a field of that name is read.</summary>
    public bool IsRead(string name) => Known.Contains(FieldRules.Canonical(name));
}

/// <summary>
/// What becomes of each name in a request, so that nothing is dropped in silence: it is read; or refused, because it asks for another
/// vector or another answer than would be given, or is a misspelt name; or told as not read.
/// </summary>
internal static class FieldRules
{
    /// <summary>Whether the name holds images instead of a field.</summary>
    public static bool IsContent(string name) => name is "input" or "messages";

    /// <summary>Jina's name of a field becomes ours.</summary>
    public static string Canonical(string name) => name == "normalized" ? "normalize" : name;

    /// <summary>Tells <paramref name="notes"/> of a field that is not read.</summary>
    /// <exception cref="ApiException">The field is refused.</exception>
    public static void Check(Saying said, FieldSet set, RequestNotes notes)
    {
        if (set.IsField(said.Name) || IsContent(said.Name))
            return;
        if (set.Foreign.TryGetValue(said.Name, out (string[] Harmless, string Remedy) rule))
        {
            if (said.Text is null || !rule.Harmless.Contains(said.Text))
                throw new ApiException(ApiCode.InvalidRequest, $"{said}, which is not served: {rule.Remedy}", said.Name);
            return;
        }
        if (Meant(said.Name, set) is { } known)
        {
            throw new ApiException(ApiCode.InvalidRequest,
                $"'{Quote.Short(said.Name)}' in {said.Place} is no field; it is close to '{known}': correct it, or leave it out",
                said.Name);
        }
        notes.Unread(said.Name);
    }

    /// <summary>The known field that a name was probably meant to be; null: none.</summary>
    private static string? Meant(string name, FieldSet set)
    {
        string plain = Plain(name);
        return set.Known.FirstOrDefault(known => Plain(known) is var wanted && Distance(plain, wanted) <= wanted.Length / 4);
    }

    private static string Plain(string name) => string.Concat(name.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant();

    /// <summary>Levenshtein's distance; far apart where the lengths are.</summary>
    private static int Distance(string first, string second)
    {
        if (Math.Abs(first.Length - second.Length) > 3)
            return int.MaxValue;
        int[] row = [.. Enumerable.Range(0, second.Length + 1)];
        for (int i = 1; i <= first.Length; i++)
        {
            (int diagonal, row[0]) = (row[0], i);
            for (int j = 1; j <= second.Length; j++)
            {
                int changed = diagonal + (first[i - 1] == second[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[second.Length];
    }
}
