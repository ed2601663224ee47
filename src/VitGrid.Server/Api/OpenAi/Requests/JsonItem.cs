using System.Text.Json;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.OpenAi.Requests;

/// <summary>
/// An object among the inputs, taken apart: Jina's <c>{"image":…}</c>, vLLM's and OpenAI's
/// <c>{"type":"image_url","image_url":{"url":…}}</c>, a text part, a chat message. Values are null where the property is absent or null.
/// </summary>
internal readonly struct JsonItem
{
    private JsonItem(JsonElement item)
    {
        foreach (JsonProperty property in item.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Null)
                continue;
            if (property.NameEquals("image"u8) || property.NameEquals("image_url"u8))
                (Image, HasTwoImages) = (property.Value, HasTwoImages || Image is not null);
            else if (property.NameEquals("text"u8))
                Text = property.Value;
            else if (property.NameEquals("type"u8))
                Type = property.Value.ValueKind == JsonValueKind.String ? Quote.Bounded(property.Value) : "";
            else if (property.NameEquals("content"u8))
                Content = property.Value;
            else
                (Others ??= []).Add(property.Name);
        }
    }

    /// <summary>The value of <c>image</c> or <c>image_url</c>.</summary>
    public JsonElement? Image { get; }

    /// <summary>More than one of both is there.</summary>
    public bool HasTwoImages { get; }

    public JsonElement? Text { get; }

    public JsonElement? Content { get; }

    public string? Type { get; }

    /// <summary>The other properties; null where there are none.</summary>
    public List<string>? Others { get; }

    /// <summary>Text that says something.</summary>
    public bool HasText => Text is { } text && !(text.ValueKind == JsonValueKind.String && string.IsNullOrWhiteSpace(Quote.Bounded(text)));

    /// <summary>A text part: no image, and text, be it empty.</summary>
    public bool IsText => Image is null && (Text is not null || Type == "text");

    /// <summary>Takes an object apart.</summary>
    public static JsonItem From(JsonElement item) => new(item);

    /// <summary>The text, or what stands in its place.</summary>
    public string? Words => Text is { } text ? Quote.Bounded(text) : null;
}
