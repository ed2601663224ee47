using System.Buffers.Binary;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using VitGrid.Indexing.Formats;

namespace VitGrid.Indexing.Tests.Formats;

public sealed class NpyFileTests
{
    [Property(MaxTest = 50)]
    public Property Any_array_reads_back_bit_for_bit() => Prop.ForAll(
        (from columns in Gen.Choose(1, 20)
         from rows in Gen.Choose(0, 30)
         from values in Gen.Choose(int.MinValue, int.MaxValue).ListOf(rows * columns)
         select (rows, columns, values: values.Select(BitConverter.Int32BitsToSingle).ToArray())).ToArbitrary(),
        array =>
        {
            using MemoryStream stream = new();
            NpyFile file = new(stream, array.columns);
            for (int row = 0; row < array.rows; row++)
                file.Append(array.values.AsSpan(row * array.columns, array.columns));
            file.Finish();

            (string shape, int[] bits) = Read(stream.ToArray());
            Assert.Equal($"({array.rows}, {array.columns})", shape);
            Assert.Equal(array.values.Select(BitConverter.SingleToInt32Bits), bits);
        });

    [Fact]
    public void The_header_is_the_one_numpy_writes()
    {
        using MemoryStream stream = new();
        NpyFile file = new(stream, 3);
        file.Append([1, 2, 3]);
        file.Finish();

        string header = Encoding.Latin1.GetString(stream.ToArray(), 0, 128);
        Assert.Equal("\u0093NUMPY\u0001\0v\0{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }".PadRight(127) + "\n", header);
        Assert.Equal(128 + 12, stream.Length);
    }

    [Fact]
    public void Halves_are_rounded_to_the_nearest()
    {
        using MemoryStream stream = new();
        NpyFile file = new(stream, 2, NumberFormat.Float16);
        file.Append([1 / 3f, -65_504]);
        file.Finish();

        Assert.Contains("'descr': '<f2'", Encoding.Latin1.GetString(stream.ToArray(), 0, 128), StringComparison.Ordinal);
        Assert.Equal([(Half)(1 / 3f), Half.MinValue], [
            BinaryPrimitives.ReadHalfLittleEndian(stream.ToArray().AsSpan(128)), BinaryPrimitives.ReadHalfLittleEndian(
                stream.ToArray().AsSpan(130))]);
    }

    private static (string Shape, int[] Bits) Read(byte[] bytes)
    {
        int data = 10 + BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8));
        Assert.Equal(0, data % 64);
        string header = Encoding.ASCII.GetString(bytes, 10, data - 10);
        string shape = header[header.IndexOf('(', StringComparison.Ordinal)..(header.IndexOf(')', StringComparison.Ordinal) + 1)];
        return (shape, [.. Enumerable.Range(0, (bytes.Length - data) / 4).Select(
            i => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(data + (4 * i))))]);
    }
}
