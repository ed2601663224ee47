using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.OpenAi.Requests;

/// <summary>One image of a JSON body, or why there is none.</summary>
internal sealed class JsonImage(Memory<byte> body, SharedBuffer buffer, RequestNotes notes)
{
    public const string Forms =
        "a data URI, bare base64, {\"image\":\"…\"} or {\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/…;base64,…\"}}";

    private const string NoText = "this server embeds images, not text";

    /// <summary>Reads an item; the image takes its text's place in the body.</summary>
    public ImageInput Read(JsonElement item, string param) => item.ValueKind switch
    {
        JsonValueKind.String => FromText(item, param),
        JsonValueKind.Object => FromObject(JsonItem.From(item), param),
        JsonValueKind.Number or JsonValueKind.Array => ImageInput.Refused(param, ApiCode.UnsupportedModality,
            $"{param} is {Kind(item)}, as text tokens are sent; {NoText}: send {Forms}"),
        _ => Nothing(item, param),
    };

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
            return ImageInput.Refused(param, ApiCode.UnsupportedModality, $"{param} is text; {NoText}: send {Forms}");
        if (item.Type is { Length: > 0 } type)
        {
            return ImageInput.Refused(param, ApiCode.UnsupportedModality,
                $"{param} is of type '{Quote.Short(type)}' and holds no image; this server embeds images only: send {Forms}");
        }
        return ImageInput.Refused(param, ApiCode.InvalidRequest, $"{param} is an object that holds no image; send {Forms}");
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
        $"{param} holds text ('{Quote.Short(item.Words)}') beside its image; {NoText}, and no vector of both: send the image alone");

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
            ? FromText(value, param)
            : ImageInput.Refused(
                param, ApiCode.InvalidRequest, $"{param} holds {Kind(value)} where an image's text is expected; send {Forms}");
    }

    private ImageInput FromText(JsonElement text, string param)
    {
        ReadOnlySpan<byte> raw = JsonMarshal.GetRawUtf8Value(text);
        _ = body.Span.Overlaps(raw, out int at);
        Memory<byte> inside = body.Slice(at + 1, raw.Length - 2);
        Memory<byte> plain = raw.IndexOf((byte)'\\') < 0 ? inside : Unescaped(raw, inside);
        return ImageText.Read(plain, param, buffer) with { Text = (at, raw.Length) };
    }

    /// <summary>OpenAI's detail says how closely a language model looks; <c>auto</c> leaves that to the server.</summary>
    private static bool IsAuto(JsonProperty property) => property.NameEquals("detail"u8)
        && (property.Value.ValueKind == JsonValueKind.Null
            || (property.Value.ValueKind == JsonValueKind.String && property.Value.ValueEquals("auto"u8)));

    /// <summary>Some encoders write '/' as '\/', others '+' as '\u002B'. What is meant is shorter, so it has room where it stood.</summary>
    private static Memory<byte> Unescaped(ReadOnlySpan<byte> raw, Memory<byte> inside)
    {
        byte[] scratch = ArrayPool<byte>.Shared.Rent(raw.Length);
        try
        {
            Utf8JsonReader reader = new(raw);
            reader.Read();
            int length = reader.CopyString(scratch);
            scratch.AsSpan(0, length).CopyTo(inside.Span);
            return inside[..length];
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    private static ImageInput Nothing(JsonElement item, string param) =>
        ImageInput.Refused(param, ApiCode.InvalidRequest, $"{param} is {Kind(item)} that holds no image; send {Forms}");
}
