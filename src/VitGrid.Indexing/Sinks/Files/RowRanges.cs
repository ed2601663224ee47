namespace VitGrid.Indexing.Sinks.Files;

/// <summary>Numbers of rows as a short text: <c>0-511,600</c>.</summary>
internal static class RowRanges
{
    /// <summary>Writes ascending numbers.</summary>
    public static string Write(IEnumerable<int> rows)
    {
        List<(int First, int Last)> ranges = [];
        foreach (int row in rows)
        {
            if (ranges.Count > 0 && ranges[^1].Last == row - 1)
                ranges[^1] = (ranges[^1].First, row);
            else
                ranges.Add((row, row));
        }
        return string.Join(',', ranges.Select(range => range.First == range.Last
            ? range.First.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{range.First}-{range.Last}")));
    }

    /// <summary>Reads what <see cref="Write"/> has written; null means all of <paramref name="count"/> rows.</summary>
    /// <exception cref="FormatException">It is no such text.</exception>
    public static IEnumerable<int> Read(string? text, int count) => text is null
        ? Enumerable.Range(0, count)
        : text.Split(',').SelectMany(range =>
        {
            int[] ends = [.. range.Split('-').Select(end => int.Parse(end, NumberStyles.None, CultureInfo.InvariantCulture))];
            return Enumerable.Range(ends[0], Math.Max(0, Math.Min(ends[^1], count - 1) - ends[0] + 1));
        });
}
