using System.Text.Json;

namespace VitGrid.Text.Reading;

/// <summary>Reads JSON files of tokenizers, with errors that name the file.</summary>
internal static class JsonText
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 64 };

    /// <summary>Runs a reader of a file.</summary>
    /// <exception cref="TokenizerException">The file is no JSON, or a value in it is of another kind than the reader wants.</exception>
    public static T Guard<T>(string file, Func<T> read)
    {
        try
        {
            return read();
        }
        // The reader of .NET says with an InvalidOperationException that a string holds half a surrogate or a value is of another kind.
        catch (Exception exception) when (
            exception is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new TokenizerException($"{file} is damaged: {exception.Message}; fetch it anew", exception);
        }
    }

    /// <summary>A file's root object; null: the file is not there.</summary>
    /// <exception cref="TokenizerException">It is no JSON object.</exception>
    public static JsonElement? Root(TokenizerFolder folder, string name)
    {
        if (folder.TryRead(name) is not { } bytes)
            return null;
        return Guard(folder.PathOf(name), () =>
        {
            using JsonDocument document = JsonDocument.Parse(WithoutMark(bytes), Options);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? (JsonElement?)document.RootElement.Clone()
                : throw new JsonException($"it holds {document.RootElement.ValueKind} instead of an object");
        });
    }

    /// <summary>The bytes without a byte order mark.</summary>
    public static ReadOnlyMemory<byte> WithoutMark(byte[] bytes) =>
        bytes.AsMemory(bytes.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0);

    /// <summary>A property of an object that is an object; null: neither.</summary>
    public static JsonElement? Object(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value)
            && value.ValueKind == JsonValueKind.Object ? value : null;

    /// <summary>A property that is a string; null: it is not.</summary>
    public static string? Text(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value)
            && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A property that is true or false; null: it is not.</summary>
    public static bool? Flag(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value)
            && (value.ValueKind is JsonValueKind.True or JsonValueKind.False) ? value.GetBoolean() : null;

    /// <summary>A property that is a number; null: it is not.</summary>
    public static double? Number(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value)
            && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    /// <summary>The items of a property that is an array; none: it is not.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value)
            && value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [];
}
