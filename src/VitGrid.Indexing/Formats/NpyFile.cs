using System.Text;

namespace VitGrid.Indexing.Formats;

/// <summary>How a number is stored.</summary>
public enum NumberFormat
{
    /// <summary>As it was computed.</summary>
    Float32,

    /// <summary>Rounded to the nearest half.</summary>
    Float16,

    /// <summary>A signed byte a number, scaled by the vector's largest: <c>embedding_type</c> <c>int8</c> of the API.</summary>
    Int8,

    /// <summary>A bit a number, eight of them a signed byte: <c>embedding_type</c> <c>binary</c> of the API.</summary>
    Binary,
}

/// <summary>
/// Writes a [rows, columns] array in NumPy's .npy format, version 1.0 (numpy.lib.format): magic, header length, a header dictionary padded
/// so that the data start at a multiple of 64, then the numbers, little-endian and row-major.
/// </summary>
public sealed class NpyFile(Stream stream, int columns, NumberFormat numbers = NumberFormat.Float32)
{
    private const int HeaderBytes = 128;
    private const int PrefixBytes = 10;
    private const int Alignment = 64;
    private readonly byte[] _row = new byte[PackedRow.BytesOf(columns, numbers)];

    /// <summary>Rows appended so far.</summary>
    public int Rows { get; private set; }

    /// <summary>Appends a row.</summary>
    public void Append(ReadOnlySpan<float> row)
    {
        if (row.Length != columns)
            throw new ArgumentException($"a row of {row.Length} numbers does not fit an array of {columns} columns", nameof(row));
        if (Rows == 0)
            stream.Position = HeaderBytes;
        PackedRow.Write(row, numbers, _row);
        stream.Write(_row);
        Rows++;
    }

    /// <summary>Writes the header, now that the number of rows is known.</summary>
    public void Finish()
    {
        byte[] bytes = Header([Rows, PackedRow.ColumnsOf(columns, numbers)], numbers);
        stream.Position = 0;
        stream.Write(bytes);
    }

    /// <summary>What stands before the numbers of an array of this shape: 128 bytes, or a multiple of 64 above it.</summary>
    public static byte[] Header(IReadOnlyList<long> shape, NumberFormat numbers)
    {
        ArgumentNullException.ThrowIfNull(shape);
        string dimensions = string.Join(", ", shape) + (shape.Count == 1 ? "," : "");
        string header = string.Create(
            CultureInfo.InvariantCulture, $"{{'descr': '{PackedRow.TypeOf(numbers)}', 'fortran_order': False, 'shape': ({dimensions}), }}");
        int length = Math.Max(HeaderBytes, (header.Length + PrefixBytes + 1 + Alignment - 1) / Alignment * Alignment) - PrefixBytes;
        byte[] padded = Encoding.ASCII.GetBytes(header.PadRight(length - 1));
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)length, (byte)(length >> 8), .. padded, (byte)'\n'];
    }
}
