using System.Runtime.CompilerServices;
using Parquet;
using Parquet.Schema;

namespace VitGrid.Indexing.Reading;

/// <summary>
/// A Parquet file with a column <c>id</c> (of the sink) or <c>file</c> (of <c>vitgrid embed</c>) and one <c>embedding</c>, a list of
/// float32. A row group is a block.
/// </summary>
internal static class ParquetVectorFile
{
    /// <summary>Reads what the footer says.</summary>
    /// <exception cref="InvalidDataException">It is no such file.</exception>
    public static Task<IndexFacts> DescribeAsync(string path, CancellationToken cancellationToken) =>
        WithReader(path, reader => Task.FromResult(IndexFacts.From(reader.CustomMetadata, path)), cancellationToken);

    /// <summary>Reads the rows.</summary>
    /// <exception cref="InvalidDataException">It is no such file, or its vectors are of several lengths.</exception>
    public static async IAsyncEnumerable<VectorBlock> ReadAsync(
        string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        int groups = await WithReader(path, reader => Task.FromResult(reader.RowGroupCount), cancellationToken);
        for (int group = 0; group < groups; group++)
        {
            int number = group;
            VectorBlock block = await WithReader(
                path, reader => ReadGroupAsync(reader, number, path, cancellationToken), cancellationToken);
            if (block.Ids.Count > 0)
                yield return block;
        }
    }

    private static async Task<VectorBlock> ReadGroupAsync(
        ParquetReader reader, int number, string path, CancellationToken cancellationToken)
    {
        DataField[] fields = reader.Schema.GetDataFields();
        DataField ids = Field(fields, path, "id", "file"), numbers = Field(fields, path, "embedding");
        if (numbers.ClrType != typeof(float))
        {
            string type = reader.CustomMetadata.GetValueOrDefault("vitgrid.type", "unknown");
            throw Refused(path, $"its vectors are of type {type}, which is not "
                + "searched; index into parquet:DIR without a type");
        }
        using ParquetRowGroupReader group = reader.OpenRowGroupReader(number);
        string?[] names = new string?[group.RowCount];
        await group.ReadAsync(ids, names.AsMemory(), cancellationToken: cancellationToken);
        int count = checked((int)(group.GetMetadata(numbers)?.MetaData?.NumValues ?? 0));
        float[] values = new float[count];
        int[] present = new int[count], starts = new int[count];
        await group.ReadRawAsync<float>(numbers, values.AsMemory(), present.AsMemory(), starts.AsMemory(), cancellationToken);
        int dimensions = names.Length == 0 ? 0 : count / names.Length;
        for (int i = 0; i < count; i++)
        {
            if ((starts[i] == 0) != (i % dimensions == 0) || present[i] != numbers.MaxDefinitionLevel)
                throw Refused(path, $"row group {number} holds vectors of several lengths, or missing numbers");
        }
        return new(Array.ConvertAll(names, name => name ?? throw Refused(path, $"row group {number} has a row without a name")), values);
    }

    private static DataField Field(DataField[] fields, string path, params string[] names) =>
        fields.FirstOrDefault(field => names.Contains(field.Path.FirstPart)) ?? throw Refused(
            path, $"it has no column {string.Join(" or ", names)}, but {string.Join(", ", fields.Select(field => field.Path.FirstPart))}");

    private static async Task<T> WithReader<T>(string path, Func<ParquetReader, Task<T>> read, CancellationToken cancellationToken)
    {
        try
        {
            await using ParquetReader reader = await ParquetReader.CreateAsync(path, cancellationToken: cancellationToken);
            return await read(reader);
        }
        catch (Exception exception) when (exception
            is not (OperationCanceledException or InvalidDataException or UnauthorizedAccessException or OutOfMemoryException))
        {
            // The library throws many kinds for a file that is none.
            throw Refused(path, $"it cannot be read as Parquet ({exception.Message})", exception);
        }
    }

    private static InvalidDataException Refused(string path, string what, Exception? inner = null) =>
        new($"{path}: {what}; read are files of vectors as vitgrid writes them", inner);
}
