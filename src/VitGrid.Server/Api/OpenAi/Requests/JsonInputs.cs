using System.Text.Json;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.OpenAi.Requests;

/// <summary>
/// The inputs of a JSON body, one output each, in the order they stand: <c>input</c> (OpenAI, with the item forms of Jina and vLLM) or
/// <c>messages</c> (vLLM's chat form). Text among <c>input</c> asks for a vector of its own. In <c>messages</c> it is a prompt for a
/// language model where an image stands beside it, as in vLLM's example, and is noted; without an image it is what is to be embedded.
/// </summary>
internal sealed class JsonInputs
{
    private readonly List<ImageInput> _images = [];
    private readonly JsonImage _image;
    private readonly RequestNotes _notes;
    private readonly int _max;

    private JsonInputs(JsonImage image, RequestNotes notes, int max) => (_image, _notes, _max) = (image, notes, max);

    /// <summary>
    /// The text of an image is decoded where it stands: afterwards <paramref name="root"/> must not be asked for it again.
    /// </summary>
    public static IReadOnlyList<ImageInput> Read(JsonElement root, Memory<byte> body, SharedBuffer buffer, int max, RequestNotes notes)
    {
        bool hasInput = Has(root, "input", out JsonElement input);
        bool hasMessages = Has(root, "messages", out JsonElement messages);
        if (hasInput == hasMessages)
        {
            throw new ApiException(ApiCode.InvalidRequest, hasInput
                ? "the body has both input and messages; send one of them"
                : $"input is missing; it takes an array of texts, or of images, each {JsonImage.Forms}", "input");
        }
        JsonInputs reader = new(new(body, buffer, notes), notes, max);
        if (hasInput)
            reader.AddInput(input, "input");
        else
            reader.AddMessages(messages);
        return reader._images.Count > 0 ? reader._images : throw Nothing(hasInput ? "input" : "messages", notes);
    }

    /// <summary>The images of a property that takes one or a list of them; none where it is absent.</summary>
    /// <exception cref="ApiException">There are more than <paramref name="max"/>.</exception>
    public static IReadOnlyList<ImageInput> ReadImages(
        JsonElement root, string name, Memory<byte> body, SharedBuffer buffer, int max, RequestNotes notes)
    {
        JsonInputs reader = new(new(body, buffer, notes), notes, max);
        if (Has(root, name, out JsonElement images))
            reader.AddInput(images, name);
        return [.. reader._images.Select(image => ImageText.Alone(image, JsonImage.Forms))];
    }

    /// <summary>The texts of a property that takes one or a list of them; none where it is absent.</summary>
    /// <exception cref="ApiException">There are more than <paramref name="max"/>.</exception>
    public static IReadOnlyList<ImageInput> ReadTexts(JsonElement root, string name, int max)
    {
        if (!Has(root, name, out JsonElement texts))
            return [];
        if (texts.ValueKind != JsonValueKind.Array)
            return [JsonImage.ReadText(texts, $"{name}[0]")];
        return texts.GetArrayLength() <= max
            ? [.. texts.EnumerateArray().Select((text, index) => JsonImage.ReadText(text, $"{name}[{index}]"))]
            : throw TooMany(texts.GetArrayLength(), max, name);
    }

    private void AddInput(JsonElement input, string name)
    {
        if (input.ValueKind != JsonValueKind.Array || JsonImage.IsIds(input))
        {
            AddItem(input, $"{name}[0]");
            return;
        }
        if (input.GetArrayLength() > _max)
            throw TooMany(input.GetArrayLength(), _max, name);
        int index = 0;
        foreach (JsonElement item in input.EnumerateArray())
            AddItem(item, $"{name}[{index++}]");
    }

    private void AddItem(JsonElement item, string param)
    {
        if (item.ValueKind == JsonValueKind.Object && JsonItem.From(item) is { Content: { } content, Image: null } holder)
        {
            NoteAround(holder, param);
            AddContent(content, $"{param}.content", takesPrompts: false);
        }
        else
        {
            Add(_image.Read(item, param));
        }
    }

    private void AddMessages(JsonElement messages)
    {
        if (messages.ValueKind != JsonValueKind.Array)
        {
            throw new ApiException(
                ApiCode.InvalidRequest, $"messages is {JsonImage.Kind(messages)}; it takes an array of objects with content", "messages");
        }
        int index = 0;
        foreach (JsonElement message in messages.EnumerateArray())
            AddMessage(message, $"messages[{index++}]");
    }

    private void AddMessage(JsonElement message, string param)
    {
        if (message.ValueKind != JsonValueKind.Object || JsonItem.From(message) is not { Content: { } content } item)
        {
            Add(_image.Read(message, param));
            return;
        }
        NoteAround(item, param);
        bool ofUser = !Has(message, "role", out JsonElement role) || role.ValueKind != JsonValueKind.String || role.ValueEquals("user"u8);
        if (content.ValueKind == JsonValueKind.String && !ofUser)
            _notes.Prompt($"{param}.content", Quote.Bounded(content));
        else
            AddContent(content, $"{param}.content", takesPrompts: !ofUser || HoldsImage(content));
    }

    private void AddContent(JsonElement content, string param, bool takesPrompts)
    {
        if (content.ValueKind != JsonValueKind.Array)
        {
            Add(_image.Read(content, param));
            return;
        }
        int index = 0;
        foreach (JsonElement part in content.EnumerateArray())
        {
            string place = $"{param}[{index++}]";
            if (takesPrompts && part.ValueKind == JsonValueKind.Object && JsonItem.From(part) is { IsText: true } text)
            {
                _notes.Prompt(place, text.Words);
                _notes.Unread(place, text.Others);
            }
            else
            {
                Add(_image.Read(part, place));
            }
        }
    }

    /// <summary>Who speaks is read; what else stands around the content is not.</summary>
    private void NoteAround(JsonItem holder, string param)
    {
        _notes.Unread(param, holder.Others?.Where(name => name is not ("role" or "name")));
        if (holder.HasText)
            _notes.Unread($"{param}.text");
    }

    private void Add(ImageInput image)
    {
        if (_images.Count == _max)
            throw TooMany(_max + 1, _max, "input");
        _images.Add(image);
    }

    private static bool HoldsImage(JsonElement content) => content.ValueKind == JsonValueKind.Array
        && content.EnumerateArray().Any(part => part.ValueKind == JsonValueKind.Object && JsonItem.From(part).Image is not null);

    private static bool Has(JsonElement item, string name, out JsonElement value) =>
        item.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    private static ApiException Nothing(string name, RequestNotes notes) => notes.HasPrompt
        ? new(ApiCode.UnsupportedModality,
            $"{name} holds prompts, no user's text and no image; send {JsonImage.Forms}, or the text as a user's", name)
        : new(ApiCode.InvalidRequest, $"{name} is empty; send at least one image or text", name);

    private static ApiException TooMany(int count, int max, string name) => new(ApiCode.InvalidRequest,
        $"the request holds {count} inputs{(count > max + 1 ? "" : " or more")}, the limit is {max}; split it into several requests",
        name);
}
