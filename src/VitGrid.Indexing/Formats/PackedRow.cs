using System.Buffers.Binary;
using System.Runtime.InteropServices;
using VitGrid.Model.Tensors;

namespace VitGrid.Indexing.Formats;

/// <summary>A vector's bytes as a file holds them.</summary>
public static class PackedRow
{
    /// <summary>Bytes of a vector.</summary>
    public static int BytesOf(int dimensions, NumberFormat numbers) => ColumnsOf(dimensions, numbers) * numbers switch
    {
        NumberFormat.Float32 => sizeof(float),
        NumberFormat.Float16 => 2,
        _ => 1,
    };

    /// <summary>Elements of a vector: of <see cref="NumberFormat.Binary"/> eight numbers are one.</summary>
    public static int ColumnsOf(int dimensions, NumberFormat numbers) =>
        numbers == NumberFormat.Binary ? SmallNumbers.PackedBytes(dimensions) : dimensions;

    /// <summary>Their NumPy type.</summary>
    public static string TypeOf(NumberFormat numbers) => numbers switch
    {
        NumberFormat.Float32 => "<f4",
        NumberFormat.Float16 => "<f2",
        _ => "|i1",
    };

    /// <summary>Writes a vector's bytes, little-endian.</summary>
    /// <param name="row">The vector; its numbers are finite, for Float16 also as halves.</param>
    /// <param name="numbers">How they are stored.</param>
    /// <param name="bytes"><see cref="BytesOf"/> places.</param>
    public static void Write(ReadOnlySpan<float> row, NumberFormat numbers, Span<byte> bytes)
    {
        switch (numbers)
        {
            case NumberFormat.Float16:
                HalfNumbers.Narrow(row, MemoryMarshal.Cast<byte, Half>(bytes));
                break;
            case NumberFormat.Int8:
                SmallNumbers.Scale(row, MemoryMarshal.Cast<byte, sbyte>(bytes));
                break;
            case NumberFormat.Binary:
                SmallNumbers.Pack(row, bytes);
                foreach (ref byte packed in bytes)
                    packed ^= 0x80;
                break;
            default:
                for (int i = 0; i < row.Length; i++)
                    BinaryPrimitives.WriteSingleLittleEndian(bytes[(i * sizeof(float))..], row[i]);
                break;
        }
    }
}
