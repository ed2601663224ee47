using System.Text.Json;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Requests;

/// <summary>The JSON form of a request.</summary>
internal static class JsonRequest
{
    public static ParsedRequest Read(Memory<byte> body, SharedBuffer buffer, int mostInputs, Action<EmbeddingFields> check)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(WithoutMark(body));
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                throw Malformed($"the body is a JSON {root.ValueKind} where an object with input is expected");
            EmbeddingFields fields = EmbeddingFields.Read(name => Field(root, name));
            check(fields);
            return new(fields, JsonInputs.Read(root, body, buffer, mostInputs), buffer);
        }
        catch (JsonException fault)
        {
            throw Malformed($"the body is not valid JSON at line {fault.LineNumber + 1}, byte {fault.BytePositionInLine + 1}; check for a cut body, quotes and commas, and that it is UTF-8");
        }
        catch (InvalidOperationException)
        {
            // The reader checks text only when it is asked for: bytes that are not UTF-8, or half of a surrogate pair.
            throw Malformed("the body holds a string that is not valid UTF-8 text; encode the body as UTF-8");
        }
    }

    /// <summary>Some editors and clients begin UTF-8 with a byte order mark, which JSON does not know.</summary>
    private static ReadOnlyMemory<byte> WithoutMark(Memory<byte> body) => body.Span.StartsWith("\uFEFF"u8) ? body[3..] : body;

    /// <summary>A field's value as text, as it would stand in a form.</summary>
    internal static string? Field(JsonElement root, string name)
    {
        if (!root.TryGetProperty(name, out JsonElement value))
            return null;
        return value.ValueKind switch
        {
            JsonValueKind.Null => null,
            JsonValueKind.String => value.GetString(),
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            JsonValueKind.Number => value.GetRawText(),
            _ => throw new ApiException(ApiCode.InvalidRequest,
                $"{name} is a JSON {value.ValueKind}; it takes a single string, number or boolean", name),
        };
    }

    private static ApiException Malformed(string message) => new(ApiCode.InvalidRequest, message);
}
