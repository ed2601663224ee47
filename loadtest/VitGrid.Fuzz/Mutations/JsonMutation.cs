using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VitGrid.Fuzz.Mutations;

/// <summary>Changes values, names and nesting of a JSON text; one in five is changed as bytes.</summary>
internal static class JsonMutation
{
    private const int MaxChanges = 3;

    // No text can be made of half a character, so its escape is put in last.
    private const string Half = "half-a-character", HalfEscaped = "\\ud83d";

    private static readonly string[] Values =
    [
        "null", "true", "0", "-1", "1", "-0.0", "1e400", "1e-400", "0.1", "2147483647", "2147483648", "-2147483649", "9223372036854775808",
        "18446744073709551616", "\"\"", "\"a\"", $"\"{Half}\"", "\"\\u0000\"", "[]", "{}", "[[]]", "[null]", "[1,2]", "{\"a\":{\"a\":{}}}",
        "\"data:image/png;base64,\"", "\"data:image/png;base64,%%%\"", "\"https://127.0.0.1/a\"", "\"file:///etc/passwd\"", "\"NaN\"",
        "[1,-1]", "[9999999999,2]", "{\"image\":1}", "{\"type\":\"image_url\"}", "\"F32\"", "\"BF16\"", "[0,18446744073709551615]",
    ];

    /// <summary>A changed copy.</summary>
    public static byte[] Change(Random random, byte[] text)
    {
        try
        {
            return random.Next(5) == 0 || JsonNode.Parse(text) is not { } root
                ? ByteMutation.Change(random, text) : ChangeTree(random, root);
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or InvalidOperationException)
        {
            // It was no good text before.
            return ByteMutation.Change(random, text);
        }
    }

    private static byte[] ChangeTree(Random random, JsonNode root)
    {
        for (int i = random.Next(1, MaxChanges + 1); i > 0; i--)
            ChangeOnce(random, root);
        string changed = root.ToJsonString().Replace(Half, HalfEscaped, StringComparison.Ordinal);
        return Encoding.UTF8.GetBytes(random.Next(16) switch
        {
            0 => Nested(random, changed),
            1 => Doubled(random, changed),
            _ => changed,
        });
    }

    private static void ChangeOnce(Random random, JsonNode root)
    {
        JsonNode[] inner = [.. Below(root).Where(node => node is JsonObject { Count: > 0 } or JsonArray { Count: > 0 })];
        if (inner.Length == 0)
            return;
        switch (inner[random.Next(inner.Length)])
        {
            case JsonObject some:
                ChangeObject(random, some);
                break;
            case JsonArray some when random.Next(3) == 0:
                some.RemoveAt(random.Next(some.Count));
                break;
            case JsonArray some:
                some[random.Next(some.Count)] = Value(random);
                break;
        }
    }

    private static void ChangeObject(Random random, JsonObject some)
    {
        string name = some.ElementAt(random.Next(some.Count)).Key;
        switch (random.Next(4))
        {
            case 0:
                some.Remove(name);
                break;
            case 1:
                some[name + "x"] = some[name]?.DeepClone();
                break;
            default:
                some[name] = Value(random);
                break;
        }
    }

    private static IEnumerable<JsonNode> Below(JsonNode node)
    {
        yield return node;
        IEnumerable<JsonNode?> children = node switch
        {
            JsonObject some => some.Select(pair => pair.Value),
            JsonArray some => some,
            _ => [],
        };
        foreach (JsonNode below in children.OfType<JsonNode>().SelectMany(Below))
            yield return below;
    }

    private static JsonNode? Value(Random random) => JsonNode.Parse(Values[random.Next(Values.Length)]);

    private static string Nested(Random random, string text)
    {
        int depth = random.Next(1, 200);
        return text[..^1] + $",\"deep\":{new string('[', depth)}{new string(']', depth)}" + text[^1];
    }

    /// <summary>The first name stands twice.</summary>
    private static string Doubled(Random random, string text) =>
        text.StartsWith('{') && text.IndexOf(':') is > 0 and var colon
            ? $"{{{text[1..colon]}:{Values[random.Next(Values.Length)]},{text[1..]}" : text;
}
