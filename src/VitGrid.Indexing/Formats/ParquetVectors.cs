using Parquet;
using Parquet.Schema;

namespace VitGrid.Indexing.Formats;

/// <summary>
/// Writes vectors as Parquet: a column of names (string), on request one of places (<c>index</c>, int64) and one of what stood beside
/// the images (<c>metadata</c>, a JSON object or null), and <c>embedding</c> (list of float32; of smaller numbers the bytes of <see
/// cref="PackedRow"/>, since the format's own 8-bit integers take 32 bits and the library knows no halves). A row group holds at most <see
/// cref="NumbersInGroup"/> numbers, since readers hold a group at a time.
/// </summary>
public sealed class ParquetVectors : IAsyncDisposable
{
    /// <summary>16 MiB of float32: 4,096 vectors of 1,024 numbers.</summary>
    internal const int NumbersInGroup = 1 << 22;

    // Floats of a vector hardly repeat and hardly compress: trying costs time and saves nothing.
    private static readonly ParquetOptions Plain = new() { CompressionMethod = CompressionMethod.None, DictionaryEncodingThreshold = 0 };

    private readonly DataField<string> _names;
    private readonly DataField<long>? _places;
    private readonly DataField<string>? _metadata;
    private readonly DataField<float> _numbers = new("element");
    private readonly DataField<byte[]>? _bytes;
    private readonly NumberFormat _format;
    private readonly int _dimensions;
    private readonly ParquetSchema _schema;
    private ParquetWriter? _writer;

    private ParquetVectors(ParquetColumns columns, int dimensions)
    {
        _names = new(columns.Names);
        _places = columns.HasPlaces ? new("index") : null;
        _metadata = columns.HasMetadata ? new("metadata") : null;
        _dimensions = dimensions;
        _format = columns.Numbers;
        _bytes = _format == NumberFormat.Float32 ? null : new("embedding");
        Field?[] fields = [_names, _places, _metadata, _bytes ?? (Field)new ListField("embedding", _numbers)];
        _schema = new([.. fields.OfType<Field>()]);
    }

    /// <summary>Most rows of a group of vectors with that many numbers.</summary>
    public static int RowsOf(int dimensions) => Math.Max(1, NumbersInGroup / dimensions);

    /// <summary>Begins a file; <paramref name="metadata"/> goes into its footer.</summary>
    public static async Task<ParquetVectors> CreateAsync(
        Stream stream, ParquetColumns columns, int dimensions, IReadOnlyDictionary<string, string> metadata, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(columns);
        ParquetVectors vectors = new(columns, dimensions);
        vectors._writer = await ParquetWriter.CreateAsync(vectors._schema, stream, Plain, cancellationToken: cancellation);
        vectors._writer.CustomMetadata = metadata.ToDictionary();
        return vectors;
    }

    /// <summary>Writes one row group.</summary>
    public async Task WriteAsync(ParquetRows rows, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(rows);
        using ParquetRowGroupWriter group = _writer!.CreateRowGroup();
        await group.WriteAsync(_names, rows.Names);
        if (_places is not null)
            await group.WriteAsync<long>(_places, rows.Places.ToArray(), cancellationToken: cancellation);
        if (_metadata is not null)
            await group.WriteAsync(_metadata, rows.Metadata);
        if (_bytes is not null)
        {
            await group.WriteAsync(_bytes, Array.ConvertAll([.. rows.Vectors], vector => Packed(vector.Span)));
            return;
        }
        float[] numbers = new float[rows.Vectors.Count * _dimensions];
        for (int i = 0; i < rows.Vectors.Count; i++)
            rows.Vectors[i].CopyTo(numbers.AsMemory(i * _dimensions));
        await group.WriteAllPartsAsync<float>(_numbers, numbers, Present(numbers.Length), Starts(numbers.Length), cancellation);
    }

    /// <summary>Writes the footer; the stream stays open.</summary>
    public ValueTask DisposeAsync() => _writer?.DisposeAsync() ?? default;

    private byte[] Packed(ReadOnlySpan<float> vector)
    {
        byte[] bytes = new byte[PackedRow.BytesOf(_dimensions, _format)];
        PackedRow.Write(vector, _format, bytes);
        return bytes;
    }

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

/// <summary>Which columns a file has beside <c>embedding</c>.</summary>
/// <param name="Names">What the column of names is called.</param>
public sealed record ParquetColumns(string Names)
{
    /// <summary>Whether a column <c>index</c> says each vector's place.</summary>
    public bool HasPlaces { get; init; }

    /// <summary>Whether a column <c>metadata</c> holds what stood beside the images.</summary>
    public bool HasMetadata { get; init; }

    /// <summary>How the numbers of <c>embedding</c> are stored.</summary>
    public NumberFormat Numbers { get; init; }
}

/// <summary>The rows of a group, a column each.</summary>
/// <param name="Names">Names.</param>
/// <param name="Vectors">Vectors, all of one length.</param>
public sealed record ParquetRows(IReadOnlyList<string> Names, IReadOnlyList<ReadOnlyMemory<float>> Vectors)
{
    /// <summary>Places; read where the file has the column.</summary>
    public IReadOnlyList<long> Places { get; init; } = [];

    /// <summary>JSON objects or null; read where the file has the column.</summary>
    public IReadOnlyList<string?> Metadata { get; init; } = [];
}
