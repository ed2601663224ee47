using System.Text.Json;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.Cohere;

/// <summary>A type of numbers by Cohere's name.</summary>
/// <param name="Name">The name.</param>
/// <param name="Type">What the numbers are.</param>
/// <param name="Encoding">How they stand in JSON.</param>
internal sealed record NamedType(string Name, EmbeddingType Type, EncodingFormat Encoding = EncodingFormat.Float);

/// <summary>A body as Cohere's clients write it: <c>texts</c>, <c>images</c>, or <c>inputs</c> with one of them each.</summary>
/// <param name="Parsed">What every protocol's requests are.</param>
/// <param name="Types">The types of numbers that are wanted, each once.</param>
internal sealed record CohereRequest(ParsedRequest Parsed, IReadOnlyList<NamedType> Types)
{
    private static readonly NamedType[] Known =
    [
        new("float", EmbeddingType.Float), new("int8", EmbeddingType.Int8), new("uint8", EmbeddingType.UInt8),
        new("binary", EmbeddingType.Binary), new("ubinary", EmbeddingType.UBinary),
        new("base64", EmbeddingType.Float, EncodingFormat.Base64),
    ];

    private static readonly string[] Contents = ["texts", "images", "inputs"];

    /// <summary>Fields that change nothing here: what an input is for, and a priority of Cohere's own queues.</summary>
    private static readonly string[] Idle = ["input_type", "max_tokens", "priority"];

    /// <summary>Reads a body; images take their texts' places in it.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="maxInputs">Images in one request.</param>
    /// <param name="admit">Sees the fields before an image is decoded.</param>
    /// <exception cref="ApiException">The body is refused.</exception>
    public static CohereRequest Read(RequestBody body, int maxInputs, Action<EmbeddingFields> admit)
    {
        try
        {
            using JsonDocument document = JsonBody.Parse(body.Bytes, "the body", maxInputs);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                throw Refused($"the body is a JSON {root.ValueKind} where an object with texts or images is expected");
            RequestNotes notes = new();
            NamedType[] types = ReadTypes(root);
            EmbeddingFields fields = new() { Model = Text(root, "model"), Dimensions = Dimensions(root), Truncate = Truncates(root) };
            NoteUnread(root, notes);
            admit(fields);
            return new(new(fields, Inputs(root, body), body.Buffer) { Notes = notes }, types);
        }
        catch (JsonException exception)
        {
            throw JsonBody.TooDeep(body.Bytes.Span, "the body") ?? Refused(
                $"the body is not valid JSON at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}; check for a cut "
                    + "body, quotes and commas, and that it is UTF-8");
        }
        catch (InvalidOperationException)
        {
            // The reader checks text only when it is asked for: bytes that are not UTF-8, or half of a surrogate pair.
            throw Refused("the body holds a string that is not valid UTF-8 text; encode the body as UTF-8");
        }
    }

    private static List<ImageInput> Inputs(JsonElement root, RequestBody body)
    {
        (string Name, JsonElement Items)[] given = [.. Contents.Where(name => IsGiven(root, name)).Select(
            name => (name, root.GetProperty(name)))];
        if (given is not [(string only, JsonElement items)])
        {
            throw Refused(given.Length > 0
                ? $"the body has both {string.Join(" and ", given.Select(content => content.Name))}; send one of them"
                : "texts or images are missing; send an array of strings, or of data URIs, data:image/…;base64,…");
        }
        if (items.ValueKind != JsonValueKind.Array)
            throw Refused($"{only} is a JSON {items.ValueKind}; send an array", only);
        return [.. items.EnumerateArray().Select((item, i) => only switch
        {
            "texts" => Words(item, $"texts[{i}]"),
            "images" => Image(item, body, $"images[{i}]"),
            _ => Part(item, body, $"inputs[{i}]"),
        })];
    }

    /// <summary>Some clients send an empty list of texts beside images.</summary>
    private static bool IsGiven(JsonElement root, string name) => Has(root, name, out JsonElement value)
        && (name != "texts" || value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > 0);

    /// <summary>The only part of an input; a second one would be another vector.</summary>
    private static ImageInput Part(JsonElement input, RequestBody body, string place)
    {
        if (input.ValueKind != JsonValueKind.Object || !Has(input, "content", out JsonElement content)
            || content.ValueKind != JsonValueKind.Array || content.GetArrayLength() != 1)
        {
            return ImageInput.Refused(place, ApiCode.InvalidRequest,
                $"{place} is no object with one part in content; send an object with content, and in it one image_url or text");
        }
        JsonElement part = content[0];
        bool isImage = part.ValueKind == JsonValueKind.Object && Has(part, "image_url", out JsonElement image)
            && image.ValueKind == JsonValueKind.Object && Has(image, "url", out _);
        if (isImage)
            return Image(part.GetProperty("image_url").GetProperty("url"), body, $"{place}.content[0].image_url.url");
        return part.ValueKind == JsonValueKind.Object && Has(part, "text", out JsonElement text)
            ? Words(text, $"{place}.content[0].text")
            : ImageInput.Refused(place, ApiCode.InvalidRequest, $"{place}.content[0] holds no image_url with a url and no text; send one");
    }

    private static ImageInput Words(JsonElement text, string place) => text.ValueKind == JsonValueKind.String
        ? TextInput.FromJson(place, text)
        : ImageInput.Refused(place, ApiCode.InvalidRequest, $"{place} is a JSON {text.ValueKind}; send a string");

    private static ImageInput Image(JsonElement text, RequestBody body, string place) => text.ValueKind == JsonValueKind.String
        ? ImageText.Alone(ImageText.Read(JsonText.Within(text, body.Bytes).Plain, place, body.Buffer))
        : ImageInput.Refused(
            place, ApiCode.InvalidRequest, $"{place} is a JSON {text.ValueKind}; send a data URI, data:image/…;base64,…");

    private static NamedType[] ReadTypes(JsonElement root)
    {
        if (!Has(root, "embedding_types", out JsonElement asked))
            return [Known[0]];
        if (asked.ValueKind != JsonValueKind.Array || asked.GetArrayLength() is 0 or > 16)
            throw Refused($"embedding_types is no array of some of {Names}; send one", "embedding_types");
        return [.. asked.EnumerateArray().Select(TypeOf).Distinct()];
    }

    private static NamedType TypeOf(JsonElement name)
    {
        string text = name.ValueKind == JsonValueKind.String ? Quote.Bounded(name) : name.ValueKind.ToString();
        return Array.Find(Known, known => known.Name == text)
            ?? throw Refused($"embedding_types holds '{Quote.Short(text)}'; it takes some of {Names}", "embedding_types");
    }

    private static string Names => string.Join(", ", Known.Select(known => known.Name));

    private static int? Dimensions(JsonElement root)
    {
        if (!Has(root, "output_dimension", out JsonElement value))
            return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int dimensions) && dimensions > 0
            ? dimensions : throw Refused("output_dimension is no whole number above 0; leave it out", "output_dimension");
    }

    /// <summary>Whether a text too long is cut at its end, as the model's class does.</summary>
    private static bool Truncates(JsonElement root) => Text(root, "truncate") switch
    {
        null or "END" => true,
        "NONE" => false,
        { } other => throw Refused($"truncate is '{Quote.Short(other)}'; it takes END or NONE, for no model here reads a text from its end",
            "truncate"),
    };

    private static string? Text(JsonElement root, string name)
    {
        if (!Has(root, name, out JsonElement value))
            return null;
        return value.ValueKind == JsonValueKind.String
            ? Quote.Bounded(value) : throw Refused($"{name} is a JSON {value.ValueKind}; send a string", name);
    }

    private static void NoteUnread(JsonElement root, RequestNotes notes)
    {
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (property.Name is not ("model" or "embedding_types" or "output_dimension" or "truncate")
                && !Contents.Contains(property.Name) && !Idle.Contains(property.Name))
                notes.Unread(property.Name);
        }
    }

    private static bool Has(JsonElement holder, string name, out JsonElement value) =>
        holder.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    private static ApiException Refused(string message, string? param = null) => new(ApiCode.InvalidRequest, message, param);
}
