using System.Text.Json;
using System.Text.Json.Serialization;

namespace VitGrid.Client;

/// <summary>
/// One input of a request: an image, a text, or a string that the server judges. Images and texts that are said to be such are never taken
/// for each other, whatever they look like.
/// </summary>
[JsonConverter(typeof(EmbeddingInputConverter))]
public readonly struct EmbeddingInput
{
    private EmbeddingInput(string? value, string? text, ReadOnlyMemory<byte>? image) => (Value, Text, Image) = (value, text, image);

    /// <summary>The encoded image; null: it is none, or stands in <see cref="Value"/>.</summary>
    public ReadOnlyMemory<byte>? Image { get; }

    /// <summary>The text; null: it is none, or stands in <see cref="Value"/>.</summary>
    public string? Text { get; }

    /// <summary>A string as it is sent; null: <see cref="Image"/> or <see cref="Text"/> is sent.</summary>
    public string? Value { get; }

    /// <summary>Bytes of the body that the input takes, about: base64 of an image, the UTF-8 of a text before it is escaped.</summary>
    internal long Length => Image is { } image ? (image.Length + 2L) / 3 * 4 : 3L * ((Text ?? Value)?.Length ?? 0);

    /// <summary>An encoded image (JPEG, PNG, WebP, …).</summary>
    /// <param name="image">The file's bytes; read when the request is sent.</param>
    public static EmbeddingInput FromImage(ReadOnlyMemory<byte> image) => new(null, null, image);

    /// <summary>A text, be it one that looks like a URL or base64.</summary>
    /// <param name="text">The text.</param>
    public static EmbeddingInput FromText(string text) => new(null, text ?? throw new ArgumentNullException(nameof(text)), null);

    /// <summary>
    /// A string that the server judges: <c>data:image/…;base64,…</c>, bare base64 of an image, a URL where the server fetches them, else a
    /// text.
    /// </summary>
    /// <param name="value">The string.</param>
    public static EmbeddingInput FromString(string value) => new(value ?? throw new ArgumentNullException(nameof(value)), null, null);

    /// <summary>As <see cref="FromString"/>.</summary>
    /// <param name="value">The string.</param>
    public static implicit operator EmbeddingInput(string value) => FromString(value);
}

/// <summary>A string, <c>{"text":"…"}</c>, or <c>{"image":"BASE64"}</c>.</summary>
internal sealed class EmbeddingInputConverter : JsonConverter<EmbeddingInput>
{
    private const string Forms = "an input is a string, {\"text\":\"…\"} or {\"image\":\"…\"}";

    public override EmbeddingInput Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
            return EmbeddingInput.FromString(reader.GetString()!);
        if (reader.TokenType != JsonTokenType.StartObject || !reader.Read() || reader.TokenType != JsonTokenType.PropertyName)
            throw new JsonException($"{Forms}, not {reader.TokenType}");
        bool isText = reader.ValueTextEquals("text"u8);
        if (!isText && !reader.ValueTextEquals("image"u8))
            throw new JsonException($"{Forms}, not one with '{reader.GetString()}'");
        if (!reader.Read() || reader.TokenType != JsonTokenType.String)
            throw new JsonException($"{Forms}, not one with {reader.TokenType} in it");
        EmbeddingInput input = isText
            ? EmbeddingInput.FromText(reader.GetString()!)
            : EmbeddingInput.FromImage(reader.GetBytesFromBase64());
        if (!reader.Read() || reader.TokenType != JsonTokenType.EndObject)
            throw new JsonException($"{Forms}, and nothing beside");
        return input;
    }

    public override void Write(Utf8JsonWriter writer, EmbeddingInput value, JsonSerializerOptions options)
    {
        if (value.Image is { } image)
        {
            writer.WriteStartObject();
            writer.WriteBase64String("image"u8, image.Span);
            writer.WriteEndObject();
        }
        else if (value.Text is { } text)
        {
            writer.WriteStartObject();
            writer.WriteString("text"u8, text);
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteStringValue(value.Value ?? throw new JsonException("an input was made by new EmbeddingInput() and is neither image "
                + "nor text; make it by FromImage, FromText or FromString"));
        }
    }
}
