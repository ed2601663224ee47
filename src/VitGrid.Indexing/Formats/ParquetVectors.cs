using Parquet;
using Parquet.Schema;

namespace VitGrid.Indexing.Formats;

/// <summary>
/// Writes vectors as Parquet: a column of names (string), on request one of places (<c>index</c>, int64), and <c>embedding</c> (list of
/// float32). A row group holds at most <see cref="NumbersInGroup"/> numbers, since readers hold a group at a time.
/// </summary>
public sealed class ParquetVectors : IAsyncDisposable
{
    /// <summary>16 MiB of float32: 4,096 vectors of 1,024 numbers.</summary>
    internal const int NumbersInGroup = 1 << 22;

    // Floats of a vector hardly repeat and hardly compress: trying costs time and saves nothing.
    private static readonly ParquetOptions Plain = new() { CompressionMethod = CompressionMethod.None, DictionaryEncodingThreshold = 0 };

    private readonly DataField<string> _names;
    private readonly DataField<long>? _places;
    private readonly DataField<float> _numbers;
    private readonly int _dimensions;
    private readonly ParquetWriter _writer;

    private ParquetVectors(DataField<string> names, DataField<long>? places, DataField<float> numbers, int dimensions,
        ParquetWriter writer) =>
        (_names, _places, _numbers, _dimensions, _writer) = (names, places, numbers, dimensions, writer);

    /// <summary>Most rows of a group of vectors with that many numbers.</summary>
    public static int RowsOf(int dimensions) => Math.Max(1, NumbersInGroup / dimensions);

    /// <summary>Begins a file; <paramref name="metadata"/> goes into its footer.</summary>
    public static async Task<ParquetVectors> CreateAsync(
        Stream stream, string nameColumn, bool places, int dimensions, IReadOnlyDictionary<string, string> metadata,
        CancellationToken cancellation)
    {
        DataField<string> names = new(nameColumn);
        DataField<long>? index = places ? new("index") : null;
        DataField<float> numbers = new("element");
        ListField vectors = new("embedding", numbers);
        ParquetSchema schema = index is null ? new(names, vectors) : new(names, index, vectors);
        ParquetWriter writer = await ParquetWriter.CreateAsync(schema, stream, Plain, cancellationToken: cancellation);
        writer.CustomMetadata = metadata.ToDictionary();
        return new(names, index, numbers, dimensions, writer);
    }

    /// <summary>Writes one row group.</summary>
    public async Task WriteAsync(
        IReadOnlyList<string> names, IReadOnlyList<long> places, IReadOnlyList<ReadOnlyMemory<float>> vectors,
        CancellationToken cancellation)
    {
        using ParquetRowGroupWriter group = _writer.CreateRowGroup();
        await group.WriteAsync(_names, names);
        if (_places is not null)
            await group.WriteAsync<long>(_places, places.ToArray(), cancellationToken: cancellation);
        float[] numbers = new float[vectors.Count * _dimensions];
        for (int i = 0; i < vectors.Count; i++)
            vectors[i].CopyTo(numbers.AsMemory(i * _dimensions));
        await group.WriteAllPartsAsync<float>(_numbers, numbers, Present(numbers.Length), Starts(numbers.Length), cancellation);
    }

    /// <summary>Writes the footer; the stream stays open.</summary>
    public ValueTask DisposeAsync() => _writer.DisposeAsync();

    /// <summary>Definition levels: every list and every number is there.</summary>
    private int[] Present(int count)
    {
        int[] levels = new int[count];
        Array.Fill(levels, _numbers.MaxDefinitionLevel);
        return levels;
    }

    /// <summary>Repetition levels: 0 begins a row's list, 1 goes on with it.</summary>
    private int[] Starts(int count)
    {
        int[] levels = new int[count];
        Array.Fill(levels, 1);
        for (int i = 0; i < count; i += _dimensions)
            levels[i] = 0;
        return levels;
    }
}
