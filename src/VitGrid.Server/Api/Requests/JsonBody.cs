using System.Text.Json;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Requests;

/// <summary>Tells JSON that is too deep from JSON that is wrong.</summary>
internal static class JsonBody
{
    /// <summary>Objects and arrays in one another that are read; System.Text.Json's own limit.</summary>
    public const int MaxDepth = 64;

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
