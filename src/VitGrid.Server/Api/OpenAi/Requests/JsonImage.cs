using System.Text.Json;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.OpenAi.Requests;

/// <summary>One input of a JSON body, an image or a text, or why there is none.</summary>
internal sealed class JsonImage(Memory<byte> body, SharedBuffer buffer, RequestNotes notes)
{
    public const string Forms =
        "a data URI, bare base64, {\"image\":\"…\"} or {\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/…;base64,…\"}}";

    /// <summary>Ids of one text that are read: more than any model's context.</summary>
    private const int MaxIds = 65_536;

    /// <summary>Reads an item; the image takes its text's place in the body.</summary>
    public ImageInput Read(JsonElement item, string param) => item.ValueKind switch
    {
        JsonValueKind.String => FromString(item, param),
        JsonValueKind.Object => FromObject(JsonItem.From(item), param),
        JsonValueKind.Array => FromIds(item, param),
        _ => Nothing(item, param),
    };

    /// <summary>Reads an item that is a text, whatever its words look like.</summary>
    public static ImageInput ReadText(JsonElement item, string param)
    {
        if (item.ValueKind == JsonValueKind.Object && JsonItem.From(item) is { IsText: true, Text: { } inside })
            item = inside;
        return item.ValueKind == JsonValueKind.String
            ? TextInput.FromJson(param, item)
            : ImageInput.Refused(param, ApiCode.InvalidRequest, $"{param} is {Kind(item)} where a text is expected; send a string");
    }

    /// <summary>Whether an array is one text as token ids.</summary>
    public static bool IsIds(JsonElement item) =>
        item.ValueKind == JsonValueKind.Array && item.GetArrayLength() > 0 && item[0].ValueKind == JsonValueKind.Number;

    /// <summary>The kind of a value, with its article.</summary>
    public static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.Number => "a number",
        JsonValueKind.String => "a string",
        JsonValueKind.Null => "null",
        _ => "a boolean",
    };

    private ImageInput FromObject(JsonItem item, string param)
    {
        if (item.HasTwoImages)
            return ImageInput.Refused(
                param, ApiCode.InvalidRequest, $"{param} holds more than one of image and image_url; send an item for each image");
        if (item.Image is { } image)
            return item.HasText ? TextBeside(item, param) : Named(image, item, param);
        if (item.IsText)
            return FromTextItem(item, param);
        if (item.Type is { Length: > 0 } type)
        {
            return ImageInput.Refused(param, ApiCode.UnsupportedModality,
                $"{param} is of type '{Quote.Short(type)}' and holds neither image nor text: send {Forms}, or {{\"text\":\"…\"}}");
        }
        return ImageInput.Refused(
            param, ApiCode.InvalidRequest, $"{param} is an object that holds neither image nor text; send {Forms}, or {{\"text\":\"…\"}}");
    }

    private ImageInput Named(JsonElement image, JsonItem item, string param)
    {
        if (item.Type is { } type && !type.Contains("image", StringComparison.OrdinalIgnoreCase))
        {
            return ImageInput.Refused(param, ApiCode.InvalidRequest,
                $"{param} is of type '{Quote.Short(type)}' and holds an image; send \"type\":\"image_url\", or no type");
        }
        notes.Unread(param, item.Others);
        if (item.Content is not null)
            notes.Unread($"{param}.content");
        return Address(image, param);
    }

    private static ImageInput TextBeside(JsonItem item, string param) => ImageInput.Refused(param, ApiCode.UnsupportedModality,
        $"{param} holds text ('{Quote.Short(item.Words)}') beside its image, and there is no vector of both: send an item for each");

    /// <summary>The value of <c>image</c> or <c>image_url</c>: a string, or an object with <c>url</c>.</summary>
    private ImageInput Address(JsonElement value, string param)
    {
        if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("url", out JsonElement url))
        {
            foreach (JsonProperty property in value.EnumerateObject())
            {
                if (!property.NameEquals("url"u8) && !IsAuto(property))
                    notes.Unread($"{param}.image_url.{property.Name}");
            }
            value = url;
        }
        return value.ValueKind == JsonValueKind.String
            ? ImageText.Alone(FromString(value, param), Forms)
            : ImageInput.Refused(
                param, ApiCode.InvalidRequest, $"{param} holds {Kind(value)} where an image's text is expected; send {Forms}");
    }

    private ImageInput FromTextItem(JsonItem item, string param)
    {
        notes.Unread(param, item.Others);
        return item.Text is { ValueKind: JsonValueKind.String } text
            ? TextInput.FromJson(param, text)
            : ImageInput.Refused(param, ApiCode.InvalidRequest,
                $"{param} is text, and its text is {(item.Text is { } other ? Kind(other) : "missing")}; send {{\"text\":\"…\"}}");
    }

    private static ImageInput FromIds(JsonElement item, string param)
    {
        if (item.GetArrayLength() > MaxIds)
        {
            return ImageInput.Refused(param, ApiCode.InvalidRequest,
                $"{param} is an array of {item.GetArrayLength():N0} values, the limit of a text's token ids is {MaxIds:N0}; send less");
        }
        List<int> ids = [];
        foreach (JsonElement id in item.EnumerateArray())
        {
            if (id.ValueKind != JsonValueKind.Number || !id.TryGetInt32(out int value))
            {
                return ImageInput.Refused(param, ApiCode.InvalidRequest,
                    $"{param}[{ids.Count}] is {Kind(id)}, and {param} is an array, which is one text as token ids, whole numbers; send a "
                        + "text as a string");
            }
            ids.Add(value);
        }
        return TextInput.From(param, new TextInput(null, [.. ids]));
    }

    private ImageInput FromString(JsonElement text, string param)
    {
        try
        {
            (Memory<byte> plain, (int At, int Length) place) = JsonText.Within(text, body);
            return ImageText.Read(plain, param, buffer) with { Text = place };
        }
        catch (InvalidOperationException)
        {
            return TextInput.NoText(param);
        }
    }

    /// <summary>OpenAI's detail says how closely a language model looks; <c>auto</c> leaves that to the server.</summary>
    private static bool IsAuto(JsonProperty property) => property.NameEquals("detail"u8)
        && (property.Value.ValueKind == JsonValueKind.Null
            || (property.Value.ValueKind == JsonValueKind.String && property.Value.ValueEquals("auto"u8)));

    private static ImageInput Nothing(JsonElement item, string param) =>
        ImageInput.Refused(param, ApiCode.InvalidRequest, $"{param} is {Kind(item)}, neither image nor text; send {Forms}, or a string");
}
