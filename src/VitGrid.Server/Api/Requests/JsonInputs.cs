using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Requests;

/// <summary>
/// The images of a JSON body, one output each, in the order they stand: <c>input</c> (OpenAI, with the item forms of Jina and vLLM) or
/// <c>messages</c> (vLLM's chat form).
/// </summary>
internal sealed class JsonInputs
{
    private const string Forms =
        "a data URI, bare base64, {\"image\":\"…\"} or {\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/…;base64,…\"}}";

    private readonly List<ImageInput> _images = [];
    private readonly Memory<byte> _body;
    private readonly SharedBuffer _buffer;
    private readonly int _most;

    private JsonInputs(Memory<byte> body, SharedBuffer buffer, int most) => (_body, _buffer, _most) = (body, buffer, most);

    /// <summary>The text of an image is decoded where it stands: afterwards <paramref name="root"/> must not be asked for it again.</summary>
    public static IReadOnlyList<ImageInput> Read(JsonElement root, Memory<byte> body, SharedBuffer buffer, int most)
    {
        bool hasInput = Has(root, "input", out JsonElement input);
        bool hasMessages = Has(root, "messages", out JsonElement messages);
        if (hasInput == hasMessages)
        {
            throw new ApiException(ApiCode.InvalidRequest, hasInput
                ? "the body has both input and messages; send one of them"
                : $"input is missing; it takes an array of images, each {Forms}", "input");
        }
        JsonInputs reader = new(body, buffer, most);
        if (hasInput)
            reader.AddInput(input);
        else
            reader.AddMessages(messages);
        if (reader._images.Count == 0)
            throw new ApiException(ApiCode.InvalidRequest, "input is empty; send at least one image", hasInput ? "input" : "messages");
        return reader._images;
    }

    private void AddInput(JsonElement input)
    {
        if (input.ValueKind != JsonValueKind.Array)
        {
            AddItem(input, "input[0]");
            return;
        }
        if (input.GetArrayLength() > _most)
            throw TooMany(input.GetArrayLength(), _most);
        int index = 0;
        foreach (JsonElement item in input.EnumerateArray())
            AddItem(item, $"input[{index++}]");
    }

    private void AddMessages(JsonElement messages)
    {
        if (messages.ValueKind != JsonValueKind.Array)
            throw new ApiException(ApiCode.InvalidRequest, $"messages is {Kind(messages)}; it takes an array of objects with content", "messages");
        int index = 0;
        foreach (JsonElement message in messages.EnumerateArray())
            AddItem(message, $"messages[{index++}]");
    }

    private void AddItem(JsonElement item, string param)
    {
        if (item.ValueKind == JsonValueKind.Object && Has(item, "content", out JsonElement content))
            AddContent(content, $"{param}.content");
        else
            Add(Image(item, param));
    }

    private void AddContent(JsonElement content, string param)
    {
        if (content.ValueKind != JsonValueKind.Array)
        {
            Add(Image(content, param));
            return;
        }
        int index = 0;
        foreach (JsonElement part in content.EnumerateArray())
            Add(Image(part, $"{param}[{index++}]"));
    }

    private void Add(ImageInput image)
    {
        if (_images.Count == _most)
            throw TooMany(_most + 1, _most);
        _images.Add(image);
    }

    private ImageInput Image(JsonElement item, string param) => item.ValueKind switch
    {
        JsonValueKind.String => Text(item, param),
        JsonValueKind.Object when Has(item, "image", out JsonElement image) => Address(image, param),
        JsonValueKind.Object when Has(item, "image_url", out JsonElement url) => Address(url, param),
        JsonValueKind.Object when Has(item, "text", out _) => ImageInput.Refused(param, ApiCode.UnsupportedModality,
            $"{param} is text; this server embeds images, not text: send {Forms}"),
        JsonValueKind.Number or JsonValueKind.Array => ImageInput.Refused(param, ApiCode.UnsupportedModality,
            $"{param} is {Kind(item)}, as text tokens are sent; this server embeds images, not text: send {Forms}"),
        _ => ImageInput.Refused(param, ApiCode.InvalidRequest, $"{param} is {Kind(item)} that holds no image; send {Forms}"),
    };

    /// <summary>The value of <c>image</c> or <c>image_url</c>: a string, or an object with <c>url</c>.</summary>
    private ImageInput Address(JsonElement value, string param)
    {
        if (value.ValueKind == JsonValueKind.Object && Has(value, "url", out JsonElement url))
            value = url;
        return value.ValueKind == JsonValueKind.String
            ? Text(value, param)
            : ImageInput.Refused(param, ApiCode.InvalidRequest, $"{param} holds {Kind(value)} where an image's text is expected; send {Forms}");
    }

    private ImageInput Text(JsonElement text, string param)
    {
        ReadOnlySpan<byte> raw = JsonMarshal.GetRawUtf8Value(text);
        _ = _body.Span.Overlaps(raw, out int at);
        Memory<byte> inside = _body.Slice(at + 1, raw.Length - 2);
        return ImageText.Read(raw.IndexOf((byte)'\\') < 0 ? inside : Unescaped(raw, inside), param, _buffer) with { Text = (at, raw.Length) };
    }

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

    private static bool Has(JsonElement item, string name, out JsonElement value) =>
        item.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    private static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.Number => "a number",
        JsonValueKind.String => "a string",
        JsonValueKind.Null => "null",
        _ => "a boolean",
    };

    private static ApiException TooMany(int count, int most) => new(ApiCode.InvalidRequest,
        $"the request holds {count} inputs{(count > most + 1 ? "" : " or more")}, the limit is {most}; split it into several requests", "input");
}
