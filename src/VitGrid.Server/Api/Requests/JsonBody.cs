using System.Text.Json;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Requests;

/// <summary>Reads JSON of a client within bounds, and tells JSON that is too deep from JSON that is wrong.</summary>
internal static class JsonBody
{
    /// <summary>Objects and arrays in one another that are read; System.Text.Json's own limit.</summary>
    public const int MaxDepth = 64;

    /// <summary>The longest name of a property that is read.</summary>
    public const int MaxNameBytes = 1_024;

    /// <summary>Values that an input may be made of, names, brackets and an image's text among them.</summary>
    private const int ValuesPerInput = 256;

    /// <summary>Values for what stands beside the inputs.</summary>
    private const int ValuesBeside = 4_096;

    /// <summary>
    /// Makes a document of a text that was walked over first: a document takes 12 bytes a value and doubles as it grows, so that a body of
    /// many small values would take sixteen times its size before anybody counts its inputs.
    /// </summary>
    /// <param name="json">The text; the document refers to it.</param>
    /// <param name="what">What it is to the client, e.g. <c>the body</c>.</param>
    /// <param name="maxInputs">Images in it.</param>
    /// <exception cref="ApiException">It has more values than that many images need, or a name is too long.</exception>
    /// <exception cref="JsonException">It is malformed, or deeper than <see cref="MaxDepth"/>.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> json, string what, int maxInputs)
    {
        Walk(json.Span, what, maxInputs);
        return JsonDocument.Parse(json);
    }

    private static void Walk(ReadOnlySpan<byte> json, string what, int maxInputs)
    {
        int left = ValuesBeside + (maxInputs * ValuesPerInput);
        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        while (reader.Read())
        {
            if (left-- == 0)
            {
                throw new ApiException(ApiCode.InvalidRequest,
                    $"{what} holds more JSON values than {maxInputs} inputs need, the limit; split it into several requests", "input");
            }
            if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueSpan.Length > MaxNameBytes)
            {
                throw new ApiException(ApiCode.InvalidRequest,
                    $"{what} holds a name of {reader.ValueSpan.Length:N0} bytes ('{Quote.Utf8(reader.ValueSpan)}'), the limit is "
                        + $"{MaxNameBytes:N0}; leave it out");
            }
        }
    }

    /// <summary>The refusal of <paramref name="json"/>, which could not be parsed, if it is for its depth; else null.</summary>
    /// <param name="json">The text.</param>
    /// <param name="what">What it is to the client, e.g. <c>the body</c>.</param>
    public static ApiException? TooDeep(ReadOnlySpan<byte> json, string what) => DepthOf(json) is var depth && depth > MaxDepth
        ? new(ApiCode.InvalidRequest, $"{what} nests objects and arrays {depth:N0} deep, the limit is {MaxDepth}; send it flatter")
        : null;

    /// <summary>The greatest depth before the first fault.</summary>
    private static int DepthOf(ReadOnlySpan<byte> json)
    {
        int depth = 0, deepest = 0;
        try
        {
            Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = int.MaxValue });
            while (reader.Read())
            {
                depth += reader.TokenType switch
                {
                    JsonTokenType.StartObject or JsonTokenType.StartArray => 1,
                    JsonTokenType.EndObject or JsonTokenType.EndArray => -1,
                    _ => 0,
                };
                deepest = Math.Max(deepest, depth);
            }
        }
        catch (JsonException)
        {
            // The fault itself is told by whoever parsed it.
        }
        return deepest;
    }
}
