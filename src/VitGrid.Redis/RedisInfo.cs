using System.Globalization;

namespace VitGrid.Redis;

/// <summary>Reads what <c>INFO</c> answers. Pure.</summary>
public sealed class RedisInfo
{
    private readonly Dictionary<string, string> _fields;

    private RedisInfo(Dictionary<string, string> fields) => _fields = fields;

    /// <summary>Reads lines <c>name:value</c>; other lines are passed over, and of equal names the first one counts.</summary>
    public static RedisInfo Parse(string info)
    {
        ArgumentNullException.ThrowIfNull(info);
        return new(info.Split('\n', StringSplitOptions.TrimEntries)
            .Select(line => line.Split(':', 2)).Where(pair => pair.Length == 2)
            .DistinctBy(pair => pair[0]).ToDictionary(pair => pair[0], pair => pair[1]));
    }

    /// <summary>A field's text; <paramref name="absent"/> when the server does not tell it.</summary>
    public string Text(string name, string absent) => _fields.GetValueOrDefault(name, absent);

    /// <summary>A field's whole number; 0 when the server does not tell it.</summary>
    public long Number(string name) =>
        long.TryParse(_fields.GetValueOrDefault(name), NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : 0;
}
