namespace VitGrid.Indexing.Formats;

/// <summary>How users name the numbers of a sink: <c>fp32</c>, <c>fp16</c>, <c>int8</c>, <c>binary</c>.</summary>
internal static class NumberNames
{
    private static readonly (string Name, NumberFormat Numbers)[] Known =
    [
        ("fp32", NumberFormat.Float32), ("fp16", NumberFormat.Float16), ("int8", NumberFormat.Int8), ("binary", NumberFormat.Binary),
    ];

    /// <summary>All names, for messages.</summary>
    public static string All { get; } = string.Join(", ", Known[..^1].Select(known => known.Name)) + $" or {Known[^1].Name}";

    /// <summary>The name.</summary>
    public static string Name(this NumberFormat numbers) => Known.First(known => known.Numbers == numbers).Name;

    /// <summary>Reads a name; null: it is none.</summary>
    public static NumberFormat? Parse(string name)
    {
        foreach ((string known, NumberFormat numbers) in Known)
        {
            if (known == name)
                return numbers;
        }
        return null;
    }
}
