using StackExchange.Redis;

namespace VitGrid.Indexing.Queue;

/// <summary>
/// The fields of a hash that anybody may have written: reading never fails. Of names that are equal once read as text the first counts.
/// </summary>
internal sealed class HashFields(HashEntry[] hash)
{
    private static readonly long MaxMilliseconds = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    private readonly Dictionary<string, string> _fields = hash
        .DistinctBy(field => (string)field.Name!)
        .ToDictionary(field => (string)field.Name!, field => (string)field.Value!);

    /// <summary>All of them.</summary>
    public IReadOnlyDictionary<string, string> All => _fields;

    /// <summary>Whether there is such a field.</summary>
    public bool Has(string name) => _fields.ContainsKey(name);

    /// <summary>A field's text; null where it is missing.</summary>
    public string? Text(string name) => _fields.GetValueOrDefault(name);

    /// <summary>A field's whole number; 0 where it is missing or none.</summary>
    public long Number(string name) => long.TryParse(Text(name), CultureInfo.InvariantCulture, out long value) ? value : 0;

    /// <summary>A field's count, 0 to <see cref="int.MaxValue"/>.</summary>
    public int Count(string name) => (int)Math.Clamp(Number(name), 0, int.MaxValue);

    /// <summary>A field's time, milliseconds since 1970 and not beyond the last year there is; 1970 where it is missing or none.</summary>
    public DateTimeOffset Time(string name) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(Number(name), 0, MaxMilliseconds));
}
