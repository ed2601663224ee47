using System.Text.Json;
using System.Text.Json.Serialization;
using VitGrid.Tests.Golden;

namespace VitGrid.Text.Tests;

/// <summary>A text and what the libraries make of it; see <c>tests/Golden/text</c>.</summary>
public sealed record Row
{
    [JsonPropertyName("name")]
    public string Name { get; init; } = "";

    [JsonPropertyName("text")]
    public required string Text { get; init; }

    [JsonPropertyName("ids")]
    public required int[] Ids { get; init; }

    [JsonPropertyName("untruncated")]
    public int? Untruncated { get; init; }

    [JsonPropertyName("openclip_ids")]
    public int[]? OpenClipIds { get; init; }

    [JsonPropertyName("tokenizer_json_ids")]
    public int[]? TokenizerJsonIds { get; init; }

    [JsonPropertyName("gemma_ids")]
    public int[]? GemmaIds { get; init; }

    [JsonPropertyName("tokenizer_model_ids")]
    public int[]? TokenizerModelIds { get; init; }
}

/// <summary>The tokenizers' and models' fixtures.</summary>
internal static class TextFixtures
{
    public static string Tokenizer(string name) => GoldenFiles.PathOf("text", "tokenizers", name);

    public static string Model(string name) => GoldenFiles.PathOf("text", "models", name);

    public static Row[] Rows(string file)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
        return document.RootElement.EnumerateObject().Select(property => property.Value)
            .First(value => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().First().ValueKind == JsonValueKind.Object)
            .Deserialize<Row[]>()!;
    }

    public static Row[] RowsOf(string tokenizer) => Rows(Path.Combine(Tokenizer(tokenizer), "rows.json"));

    /// <summary>A folder of its own with some of another's files.</summary>
    public static string Part(string folder, params string[] files)
    {
        string part = Directory.CreateTempSubdirectory("vitgrid-tokenizer-").FullName;
        foreach (string file in files)
            File.Copy(Path.Combine(folder, file), Path.Combine(part, file));
        return part;
    }

    /// <summary>The rows whose ids are not the wanted ones, for a message.</summary>
    public static string Wrong(ITextTokenizer tokenizer, IEnumerable<Row> rows, Func<Row, int[]> wanted)
    {
        List<string> wrong = [];
        int count = 0;
        foreach (Row row in rows)
        {
            int[] ids = tokenizer.Encode(row.Text).Ids;
            if (ids.SequenceEqual(wanted(row)))
                continue;
            count++;
            if (wrong.Count < 40)
                wrong.Add($"{row.Name} {JsonSerializer.Serialize(row.Text[..Math.Min(row.Text.Length, 60)])}: [{Shown(ids)}] instead of "
                    + $"[{Shown(wanted(row))}]");
        }
        return count == 0 ? "" : $"{count} rows differ:\n{string.Join("\n", wrong)}";
    }

    private static string Shown(int[] ids) => string.Join(',', ids.Take(24));
}
