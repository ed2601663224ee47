using System.Globalization;

namespace VitGrid.Server.Tests.Approvals;

/// <summary>A row of the approved table of settings.</summary>
/// <param name="Key">Its name under section VitGrid.</param>
/// <param name="Default">What holds when nothing is said; null where something must be.</param>
/// <param name="Accepted">Values that are taken, and as what.</param>
/// <param name="Refused">Values that are not.</param>
/// <param name="Beside">Other settings without which these values would contradict the defaults.</param>
internal sealed record SettingRow(
    string Key, string? Default, (string Given, string Read)[] Accepted, string[] Refused, (string Key, string Value)[] Beside)
{
    private const string None = "(none)";

    public string Section => Key[..(Key.LastIndexOf(':') + 1)];

    /// <summary>What must stand beside it for its record to be there at all.</summary>
    public (string, string)[] Parent => Section is "Models:0:" or "Runtime:Providers:name:" && Default is not null ? Beside : [];

    public static SettingRow Parse(string line) => line.Split('\t') is [var key, var standard, var accepted, var refused, var beside]
        ? new(key, Standard(standard), [.. Values(accepted).Select(Pair)], [.. Values(refused).Select(Unquote)], Pairs(beside))
        : throw new FormatException($"'{line}' has not five columns");

    public static (string, string)[] Pairs(string text) =>
        [.. Values(text, " ").Select(pair => pair.Split('=', 2)).Select(pair => (pair[0], pair[1]))];

    private static string? Standard(string text) => text switch
    {
        None => "",
        "(required)" => null,
        "THREADS" => Math.Min(Math.Max(Environment.ProcessorCount, 2), Math.Max(Memory >> 28, 2)).ToString(CultureInfo.InvariantCulture),
        "MEMORY" => (Memory / 2).ToString(CultureInfo.InvariantCulture),
        _ => text,
    };

    private static long Memory => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    private static string[] Values(string text, string between = " | ") => text == None ? [] : text.Split(between);

    private static (string Given, string Read) Pair(string value) =>
        value.Split("=>") is [var given, var read] ? (Unquote(given), Unquote(read)) : (Unquote(value), Unquote(value));

    private static string Unquote(string value) => value is ['\'', .., '\''] ? value[1..^1] : value;
}
