using Parquet;
using Parquet.Schema;
using VitGrid.S3;

namespace VitGrid.Indexing.Archives;

/// <summary>A row group of a Parquet file, as its footer tells of it.</summary>
/// <param name="Rows">Its rows.</param>
/// <param name="Fault">Why it is not read, with the remedy; null: it is.</param>
internal readonly record struct ParquetGroupFacts(int Rows, string? Fault);

/// <summary>The images of a row group that was read.</summary>
/// <param name="Rows">A row each; null where the row has none.</param>
/// <param name="Bytes">Bytes of all.</param>
internal sealed record ParquetGroup(IReadOnlyList<ReadOnlyMemory<byte>?> Rows, long Bytes);

/// <summary>
/// A column of images in a Parquet file: <c>bytes</c> in a struct, as Hugging Face writes <c>image: struct&lt;bytes, path&gt;</c>, or a
/// column of bytes. A row group is read as a whole, one column of it.
/// </summary>
internal static class ParquetImages
{
    /// <summary>Most bytes of a row group's column.</summary>
    public const long MaxGroupBytes = 512L << 20;

    // Where a file has several columns of bytes, the one that is called so.
    private static readonly string[] Usual = ["image.bytes", "image", "img.bytes", "img", "jpg", "png", "webp", "bytes", "content"];

    /// <summary>Tells of the column of images and the row groups.</summary>
    /// <exception cref="InvalidDataException">It is no Parquet file, or has no column of images or several.</exception>
    public static Task<(string Column, ParquetGroupFacts[] Groups)> DescribeAsync(
        Stream file, long maxGroupBytes, CancellationToken cancellationToken) => ReadingAsync(
        file,
        reader =>
        {
            DataField field = FieldIn(reader.Schema.GetDataFields());
            ParquetGroupFacts[] groups = [.. Enumerable.Range(0, reader.RowGroupCount).Select(number =>
            {
                using ParquetRowGroupReader group = reader.OpenRowGroupReader(number);
                return new ParquetGroupFacts(checked((int)group.RowCount), FaultOf(group, number, field, maxGroupBytes));
            })];
            return Task.FromResult((NameOf(field), groups));
        },
        cancellationToken);

    /// <summary>Reads the images of a row group.</summary>
    /// <exception cref="InvalidDataException">It is no Parquet file, lacks column or group, or the group is too large.</exception>
    public static Task<ParquetGroup> ReadAsync(
        Stream file, string column, int number, long maxGroupBytes, CancellationToken cancellationToken) => ReadingAsync(
        file,
        async reader =>
        {
            DataField field = reader.Schema.GetDataFields().FirstOrDefault(field => NameOf(field) == column && IsBytes(field))
                ?? throw new InvalidDataException($"it has no column of bytes '{column}'");
            if (number >= reader.RowGroupCount)
                throw new InvalidDataException($"it has {reader.RowGroupCount} row groups, and none of number {number}");
            using ParquetRowGroupReader group = reader.OpenRowGroupReader(number);
            if (FaultOf(group, number, field, maxGroupBytes) is { } fault)
                throw new InvalidDataException(fault);
            int count = checked((int)group.RowCount);
            ReadOnlyMemory<byte>[] values = new ReadOnlyMemory<byte>[count];
            int[] levels = new int[count];
            await group.ReadRawAsync<ReadOnlyMemory<byte>>(
                field, values.AsMemory(), field.MaxDefinitionLevel > 0 ? levels.AsMemory() : null, null, cancellationToken);
            return Place(values, levels, field.MaxDefinitionLevel);
        },
        cancellationToken);

    /// <summary>Values that are there stand one behind another; the levels say to which row each belongs.</summary>
    private static ParquetGroup Place(ReadOnlyMemory<byte>[] values, int[] levels, int maxLevel)
    {
        ReadOnlyMemory<byte>?[] rows = new ReadOnlyMemory<byte>?[values.Length];
        long bytes = 0;
        int value = 0;
        for (int row = 0; row < rows.Length; row++)
        {
            if (levels[row] < maxLevel)
                continue;
            rows[row] = values[value++];
            bytes += rows[row]!.Value.Length;
        }
        return new(rows, bytes);
    }

    private static DataField FieldIn(DataField[] fields)
    {
        DataField[] columns = [.. fields.Where(field => IsBytes(field) && field.MaxRepetitionLevel == 0)];
        if (columns.Length == 0)
        {
            throw new InvalidDataException($"it has no column of bytes, but {string.Join(", ", fields.Select(NameOf).Take(20))}; images "
                + "stand in a column of bytes or in image: struct<bytes, path>");
        }
        return columns.Length == 1
            ? columns[0]
            : Usual.Select(name => columns.FirstOrDefault(field => NameOf(field).Equals(name, StringComparison.OrdinalIgnoreCase)))
                .FirstOrDefault(field => field is not null) ?? throw new InvalidDataException(
                $"it has several columns of bytes ({string.Join(", ", columns.Select(NameOf))}), and none is called "
                    + $"{string.Join(", ", Usual)}; name the one that holds images so");
    }

    private static string? FaultOf(ParquetRowGroupReader group, int number, DataField field, long most)
    {
        long bytes = group.GetMetadata(field)?.MetaData is { } chunk ? Math.Max(chunk.TotalUncompressedSize, chunk.TotalCompressedSize) : 0;
        return bytes is >= 0 && bytes <= most && group.RowCount is >= 0 and <= int.MaxValue
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"row group {number} holds {group.RowCount} rows and {bytes} bytes in "
                + $"'{NameOf(field)}'; allowed are {most} bytes: write the file with smaller row groups");
    }

    private static bool IsBytes(DataField field) => field.ClrType == typeof(byte[]) || field.ClrType == typeof(ReadOnlyMemory<byte>);

    private static string NameOf(DataField field) => string.Join('.', field.Path.ToList());

    private static async Task<T> ReadingAsync<T>(Stream file, Func<ParquetReader, Task<T>> read, CancellationToken cancellationToken)
    {
        try
        {
            await using ParquetReader reader = await ParquetReader.CreateAsync(
                file, new() { TreatByteArrayAsString = false }, leaveStreamOpen: true, cancellationToken: cancellationToken);
            return await read(reader);
        }
        catch (Exception exception) when (exception
            is not (OperationCanceledException or InvalidDataException or UnauthorizedAccessException or OutOfMemoryException
            or S3Exception))
        {
            // The library throws many kinds for a file that is none.
            throw new InvalidDataException($"it cannot be read as Parquet ({exception.Message})", exception);
        }
    }
}
