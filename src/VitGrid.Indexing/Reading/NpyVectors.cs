using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace VitGrid.Indexing.Reading;

/// <summary>
/// A NumPy array [rows, dimensions] of float32 or float16, row-major (numpy.lib.format, versions 1 to 3), and beside it the ids, a line a
/// row: <c>{"id","row"}</c> of the sink, <c>{"file","row"}</c> of <c>vitgrid embed</c>, whose lines of failed images have no row.
/// </summary>
internal static partial class NpyVectors
{
    private const int MaxHeaderBytes = 1 << 16;

    /// <summary>Reads how many numbers a vector has.</summary>
    /// <exception cref="InvalidDataException">It is no such array.</exception>
    public static IndexFacts Describe(string path)
    {
        using FileStream file = VectorFiles.Open(path);
        return new() { Dimensions = ReadHeader(file, path).Columns };
    }

    /// <summary>Reads the rows.</summary>
    /// <exception cref="InvalidDataException">It is no such array, or it and its ids differ in length.</exception>
    public static async IAsyncEnumerable<VectorBlock> ReadAsync(
        string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using FileStream file = VectorFiles.Open(path);
        Shape shape = ReadHeader(file, path);
        string names = Path.ChangeExtension(path, ".ids.jsonl");
        string[] ids = await IdsAsync(names, cancellationToken);
        if (ids.Length != shape.Rows)
            throw new InvalidDataException($"{path} has {shape.Rows} rows, and {names} names {ids.Length}; write both anew");
        int most = Math.Max(1, VectorBlock.MaxNumbers / Math.Max(1, shape.Columns));
        for (int first = 0; first < ids.Length; first += most)
        {
            int rows = Math.Min(most, ids.Length - first);
            float[] numbers = new float[rows * shape.Columns];
            Read(file, numbers, shape.IsHalf, path);
            cancellationToken.ThrowIfCancellationRequested();
            yield return new(new ArraySegment<string>(ids, first, rows), numbers);
        }
    }

    private static void Read(FileStream file, float[] numbers, bool halves, string path)
    {
        try
        {
            if (!halves)
            {
                file.ReadExactly(MemoryMarshal.AsBytes(numbers.AsSpan()));
                return;
            }
            Half[] narrow = new Half[numbers.Length];
            file.ReadExactly(MemoryMarshal.AsBytes(narrow.AsSpan()));
            TensorPrimitives.ConvertToSingle(narrow, numbers);
        }
        catch (EndOfStreamException exception)
        {
            throw new InvalidDataException($"{path} is shorter than its header says; write it anew", exception);
        }
    }

    private static Shape ReadHeader(FileStream file, string path)
    {
        byte[] prefix = new byte[12];
        if (file.ReadAtLeast(prefix, prefix.Length, throwOnEndOfStream: false) < prefix.Length
            || prefix[0] != 0x93 || !prefix.AsSpan(1, 5).SequenceEqual("NUMPY"u8))
            throw Refused(path, "it does not begin as a NumPy array does");
        int length = prefix[6] == 1
            ? prefix[8] | (prefix[9] << 8) : prefix[8] | (prefix[9] << 8) | (prefix[10] << 16) | (prefix[11] << 24);
        if (length is <= 0 or > MaxHeaderBytes)
            throw Refused(path, $"its header has {length} bytes");
        file.Position = prefix[6] == 1 ? 10 : 12;
        byte[] header = new byte[length];
        if (file.ReadAtLeast(header, length, throwOnEndOfStream: false) < length)
            throw Refused(path, "it ends in its header");
        string text = Encoding.Latin1.GetString(header);
        Match type = Type().Match(text), shape = Dimensions().Match(text);
        if (!type.Success || !shape.Success || !RowMajor().IsMatch(text))
            throw Refused(path, $"its header is '{text.Trim()}'");
        return new(
            int.Parse(shape.Groups[1].Value, CultureInfo.InvariantCulture),
            int.Parse(shape.Groups[2].Value, CultureInfo.InvariantCulture),
            type.Groups[1].Value == "2");
    }

    private static async Task<string[]> IdsAsync(string names, CancellationToken cancellationToken)
    {
        if (!File.Exists(names))
            throw new InvalidDataException($"{names} is missing, which names the rows; copy both files");
        List<string> ids = [];
        await foreach (string line in File.ReadLinesAsync(names, cancellationToken))
        {
            using JsonDocument row = Parse(line, names, ids.Count + 1);
            if (!row.RootElement.TryGetProperty("row", out JsonElement number))
                continue;
            if (!number.TryGetInt32(out int at) || at != ids.Count || VectorLine.IdOf(row.RootElement) is not { } id)
                throw new InvalidDataException($"{names}: '{line}' does not name row {ids.Count}");
            ids.Add(id);
        }
        return [.. ids];
    }

    private static JsonDocument Parse(string line, string names, int number)
    {
        try
        {
            return JsonDocument.Parse(line);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{names}: line {number} or one after it is no JSON", exception);
        }
    }

    private static InvalidDataException Refused(string path, string what) => new(
        $"{path}: {what}; read are arrays [rows, dimensions] of <f4 or <f2, row by row, as vitgrid writes them");

    [GeneratedRegex("""'descr':\s*'<f([24])'""")]
    private static partial Regex Type();

    [GeneratedRegex("""'shape':\s*\((\d{1,9}),\s*(\d{1,6})\)""")]
    private static partial Regex Dimensions();

    [GeneratedRegex("""'fortran_order':\s*False""")]
    private static partial Regex RowMajor();

    private readonly record struct Shape(int Rows, int Columns, bool IsHalf);
}
