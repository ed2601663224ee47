using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace VitGrid.Server.Verbs.Embed;

/// <summary>
/// Writes a float32 [rows, columns] array in NumPy's .npy format, version 1.0 (numpy.lib.format): magic, header length, a header dictionary
/// padded so that the data start at a multiple of 64, then the numbers, little-endian and row-major.
/// </summary>
internal sealed class NpyFile(Stream stream, int columns)
{
    private const int HeaderBytes = 128;
    private const int PrefixBytes = 10;
    private readonly byte[] _row = new byte[columns * sizeof(float)];

    public int Rows { get; private set; }

    /// <summary>Appends a row.</summary>
    public void Append(ReadOnlySpan<float> row)
    {
        if (row.Length != columns)
            throw new ArgumentException($"a row of {row.Length} numbers does not fit an array of {columns} columns", nameof(row));
        if (Rows == 0)
            stream.Position = HeaderBytes;
        for (int i = 0; i < row.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(_row.AsSpan(i * sizeof(float)), row[i]);
        stream.Write(_row);
        Rows++;
    }

    /// <summary>Writes the header, now that the number of rows is known.</summary>
    public void Finish()
    {
        string header = string.Create(CultureInfo.InvariantCulture, $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({Rows}, {columns}), }}");
        byte[] padded = Encoding.ASCII.GetBytes(header.PadRight(HeaderBytes - PrefixBytes - 1));
        byte[] bytes = [0x93, .. "NUMPY"u8, 1, 0, HeaderBytes - PrefixBytes, 0, .. padded, (byte)'\n'];
        stream.Position = 0;
        stream.Write(bytes);
    }
}
