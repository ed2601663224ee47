using System.Text.Json;

namespace VitGrid.Tests.Golden;

/// <summary>A text of a small checkpoint's <c>expected.json</c>.</summary>
/// <param name="Text">As it is sent.</param>
/// <param name="Ids">Its tokens, without padding.</param>
/// <param name="Vector">What the tower makes of it, not normalised.</param>
internal sealed record ExpectedText(string Text, int[] Ids, float[] Vector);

/// <summary>The small checkpoints with text towers, each with the tokenizer that belongs to it.</summary>
internal static class TextModels
{
    public static IEnumerable<string> Names =>
        Directory.EnumerateDirectories(GoldenFiles.PathOf("text", "models")).Select(folder => Path.GetFileName(folder)).Order();

    /// <summary>A copy of a checkpoint's folder that has its tokenizer too; some fixtures share one.</summary>
    public static string Copy(string name)
    {
        string source = GoldenFiles.PathOf("text", "models", name);
        string copy = Directory.CreateTempSubdirectory("vitgrid-text-").FullName;
        using JsonDocument expected = Read(name);
        string tokenizer = Path.Combine(source, expected.RootElement.GetProperty("tokenizer").GetString()!);
        foreach (string file in Directory.EnumerateFiles(source).Concat(Directory.EnumerateFiles(tokenizer)).DistinctBy(Path.GetFileName))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        return copy;
    }

    /// <summary>The shipped default that knows words.</summary>
    public static string Nano { get; } = Path.Combine(GoldenFiles.Repository, "src", "VitGrid.Server", "models", "clip-nano");

    /// <summary>Its captions, with their vectors of length one.</summary>
    public static ExpectedText[] NanoRows()
    {
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Nano, "expected.json")));
        return [.. expected.RootElement.GetProperty("captions").EnumerateArray().Select(row => new ExpectedText(
            row.GetProperty("text").GetString()!,
            row.GetProperty("ids").Deserialize<int[]>()!,
            row.GetProperty("embed").Deserialize<float[]>()!))];
    }

    public static ExpectedText[] Rows(string name)
    {
        using JsonDocument expected = Read(name);
        return [.. expected.RootElement.GetProperty("rows").EnumerateArray().Select(row => new ExpectedText(
            row.GetProperty("text").GetString()!,
            row.GetProperty("ids").Deserialize<int[]>()!,
            row.GetProperty("text_embeds").Deserialize<float[]>()!))];
    }

    private static JsonDocument Read(string name) =>
        JsonDocument.Parse(File.ReadAllBytes(GoldenFiles.PathOf("text", "models", name, "expected.json")));
}
