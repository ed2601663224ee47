using VitGrid.Indexing.Archives;

namespace VitGrid.Indexing.Submission;

/// <summary>Lists the rows of a Parquet file of images as items; of the file only the footer is read.</summary>
internal static class ParquetWalk
{
    /// <summary>Tells whether a name ends as those of Parquet files do.</summary>
    public static bool IsName(string path) => path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase);

    /// <summary>Gives the rows of a file, in their order.</summary>
    /// <param name="source">The file's path, as ids name it.</param>
    /// <param name="path">The same from the root.</param>
    /// <param name="maxGroupBytes">Most bytes of a row group's images.</param>
    public static IEnumerable<SourceLine> Read(string source, string path, long maxGroupBytes = ParquetImages.MaxGroupBytes) =>
        ArchiveSource.Open(path, out string version) is { } refusal
            ? [new("", "", $"{source}: {refusal}")]
            : Read(source, SourceLine.FileUri(path), version, () => ArchiveSource.Open(path), maxGroupBytes);

    /// <summary>Gives the rows, in their order.</summary>
    /// <param name="source">The file, as ids name it.</param>
    /// <param name="uri">Its URI.</param>
    /// <param name="version">Its version.</param>
    /// <param name="open">Opens it.</param>
    /// <param name="maxGroupBytes">Most bytes of a row group's images.</param>
    public static IEnumerable<SourceLine> Read(
        string source, string uri, string version, Func<Stream> open, long maxGroupBytes = ParquetImages.MaxGroupBytes)
    {
        (string column, ParquetGroupFacts[] groups, string? fault) = Describe(open, maxGroupBytes);
        if (fault is not null)
            yield return new("", "", $"{source}: {fault}");
        ParquetPlace file = new(uri, version, 0, 0, column, 0);
        long number = 0;
        foreach ((int index, ParquetGroupFacts group) in groups.Index())
        {
            if (group.Fault is { } refused)
                yield return new("", "", $"{source}: {refused}");
            for (int row = 0; group.Fault is null && row < group.Rows; row++)
            {
                string id = string.Create(CultureInfo.InvariantCulture, $"{source}#{number + row}");
                ParquetPlace place = file with { Group = index, Row = row, Number = number + row };
                yield return SourceLine.Read(id, place.ToString(), "/", id);
            }
            number += group.Rows;
        }
        if (fault is null && number == 0)
            yield return new("", "", $"{source}: it has no rows; name files that have");
    }

    private static (string Column, ParquetGroupFacts[] Groups, string? Fault) Describe(Func<Stream> open, long maxGroupBytes)
    {
        try
        {
            using Stream file = open();
            // Sources are read one after another, on the submitter's own thread.
            (string column, ParquetGroupFacts[] groups) = ParquetImages
                .DescribeAsync(file, maxGroupBytes, CancellationToken.None).GetAwaiter().GetResult();
            return (column, groups, null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return ("", [], $"{exception.Message}; name a Parquet file of images, or leave it out");
        }
    }
}
