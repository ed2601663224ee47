using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace VitGrid.Indexing.Items;

/// <summary>What stood beside an image, as one JSON object a row: JSON as it is, everything else as text.</summary>
internal static class ItemMetadata
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The object, with a property a field; null where there are none.</summary>
    /// <param name="fields">Names and bytes.</param>
    public static string? Write(IReadOnlyList<(string Name, byte[] Bytes)> fields)
    {
        if (fields.Count == 0)
            return null;
        using MemoryStream text = new();
        using (Utf8JsonWriter json = new(text, Relaxed))
        {
            json.WriteStartObject();
            foreach ((string name, byte[] bytes) in fields)
            {
                json.WritePropertyName(name);
                if (!name.EndsWith("json", StringComparison.OrdinalIgnoreCase) || !TryWriteJson(json, bytes))
                    json.WriteStringValue(Encoding.UTF8.GetString(bytes));
            }
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(text.ToArray());
    }

    /// <summary>What is no JSON is kept as the text that it is.</summary>
    private static bool TryWriteJson(Utf8JsonWriter json, byte[] bytes)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes);
            document.RootElement.WriteTo(json);
            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
