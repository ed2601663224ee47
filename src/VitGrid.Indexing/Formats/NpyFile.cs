using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using VitGrid.Model.Tensors;

namespace VitGrid.Indexing.Formats;

/// <summary>How a number is stored.</summary>
public enum NumberFormat
{
    /// <summary>As it was computed.</summary>
    Float32,

    /// <summary>Rounded to the nearest half.</summary>
    Float16,
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
    private readonly byte[] _row = new byte[columns * (numbers == NumberFormat.Float16 ? 2 : sizeof(float))];

    /// <summary>Rows appended so far.</summary>
    public int Rows { get; private set; }

    /// <summary>Appends a row.</summary>
    public void Append(ReadOnlySpan<float> row)
    {
        if (row.Length != columns)
            throw new ArgumentException($"a row of {row.Length} numbers does not fit an array of {columns} columns", nameof(row));
        if (Rows == 0)
            stream.Position = HeaderBytes;
        if (numbers == NumberFormat.Float16)
            PackHalves(row);
        else
            PackSingles(row);
        stream.Write(_row);
        Rows++;
    }

    /// <summary>Writes the header, now that the number of rows is known.</summary>
    public void Finish()
    {
        byte[] bytes = Header([Rows, columns], numbers);
        stream.Position = 0;
        stream.Write(bytes);
    }

    /// <summary>What stands before the numbers of an array of this shape: 128 bytes, or a multiple of 64 above it.</summary>
    public static byte[] Header(IReadOnlyList<long> shape, NumberFormat numbers)
    {
        ArgumentNullException.ThrowIfNull(shape);
        string type = numbers == NumberFormat.Float16 ? "<f2" : "<f4";
        string dimensions = string.Join(", ", shape) + (shape.Count == 1 ? "," : "");
        string header = string.Create(
            CultureInfo.InvariantCulture, $"{{'descr': '{type}', 'fortran_order': False, 'shape': ({dimensions}), }}");
        int length = Math.Max(HeaderBytes, (header.Length + PrefixBytes + 1 + Alignment - 1) / Alignment * Alignment) - PrefixBytes;
        byte[] padded = Encoding.ASCII.GetBytes(header.PadRight(length - 1));
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)length, (byte)(length >> 8), .. padded, (byte)'\n'];
    }

    private void PackSingles(ReadOnlySpan<float> row)
    {
        for (int i = 0; i < row.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(_row.AsSpan(i * sizeof(float)), row[i]);
    }

    private void PackHalves(ReadOnlySpan<float> row) => HalfNumbers.Narrow(row, MemoryMarshal.Cast<byte, Half>(_row.AsSpan()));
}
