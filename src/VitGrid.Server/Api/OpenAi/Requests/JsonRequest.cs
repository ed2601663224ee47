using System.Text.Json;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.OpenAi.Requests;

/// <summary>The JSON form of a request.</summary>
internal static class JsonRequest
{
    /// <summary>Reads a body; its images are decoded where they stand in it.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="buffer">The memory that it lies in.</param>
    /// <param name="maxInputs">Images in one request.</param>
    /// <param name="fields">What the query says.</param>
    /// <param name="check">Sees the fields before an image is decoded.</param>
    /// <exception cref="ApiException">The body is refused.</exception>
    public static ParsedRequest Read(
        Memory<byte> body, SharedBuffer buffer, int maxInputs, RequestFields fields, Action<EmbeddingFields> check)
    {
        Memory<byte> text = WithoutMark(body);
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                throw Malformed($"the body is a JSON {root.ValueKind} where an object with input is expected");
            RequestNotes notes = new();
            EmbeddingFields read = fields.AddJson(root).Read(notes);
            check(read);
            return new(read, JsonInputs.Read(root, body, buffer, maxInputs, notes), buffer) { Notes = notes };
        }
        catch (JsonException exception)
        {
            throw JsonBody.TooDeep(text.Span, "the body")
                ?? Malformed($"the body is not valid JSON at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}; "
                    + "check for a cut body, quotes and commas, and that it is UTF-8");
        }
        catch (InvalidOperationException)
        {
            // The reader checks text only when it is asked for: bytes that are not UTF-8, or half of a surrogate pair.
            throw Malformed("the body holds a string that is not valid UTF-8 text; encode the body as UTF-8");
        }
    }

    /// <summary>Some editors and clients begin UTF-8 with a byte order mark, which JSON does not know.</summary>
    private static Memory<byte> WithoutMark(Memory<byte> body) => body.Span.StartsWith("\uFEFF"u8) ? body[3..] : body;

    private static ApiException Malformed(string message) => new(ApiCode.InvalidRequest, message);
}
