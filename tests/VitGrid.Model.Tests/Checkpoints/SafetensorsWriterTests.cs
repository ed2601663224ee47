using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.Tests.Checkpoints;

public sealed class SafetensorsWriterTests
{
    [Fact]
    public void A_failed_write_leaves_the_old_file_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("a.safetensors", [1, 2, 3]);
        var failing = new TensorToWrite("a", TensorType.F32, [2], _ => throw new IOException("disk full"));
        Assert.Throws<IOException>(() => SafetensorsWriter.Write(path, [failing]));
        Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Too_few_bytes_duplicate_names_and_the_reserved_name_are_refused()
    {
        using var folder = new TemporaryFolder();
        var tensor = new TensorToWrite("a", TensorType.U8, [1], stream => stream.WriteByte(7));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(folder.At("a"), [tensor with { Shape = [2] }]));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(folder.At("a"), [tensor, tensor]));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(folder.At("a"), [tensor with { Name = "__metadata__" }]));
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Theory]
    [InlineData(TensorType.F16)]
    [InlineData(TensorType.BF16)]
    public void All_65536_half_width_values_widen_exactly(TensorType type)
    {
        using var folder = new TemporaryFolder();
        byte[] bytes = [.. Enumerable.Range(0, 65536).SelectMany(value => BitConverter.GetBytes((ushort)value))];
        SafetensorsWriter.Write(folder.At("a.safetensors"), [new TensorToWrite("a", type, [65536], stream => stream.Write(bytes))]);
        using SafetensorsFile file = SafetensorsFile.Open(folder.At("a.safetensors"));
        float[] widened = file.ReadFloats("a");
        for (int value = 0; value < widened.Length; value++)
            Assert.Equal(Reference(type, value), widened[value]);
    }

    [Fact]
    public void Single_precision_longer_than_a_piece_is_read_whole()
    {
        using var folder = new TemporaryFolder();
        float[] floats = [.. Enumerable.Range(0, 200_001).Select(value => value / 7f)];
        byte[] bytes = new byte[floats.Length * 4];
        Buffer.BlockCopy(floats, 0, bytes, 0, bytes.Length);
        var tensor = new TensorToWrite("a", TensorType.F32, [floats.Length], stream => stream.Write(bytes));
        SafetensorsWriter.Write(folder.At("a.safetensors"), [tensor]);
        using SafetensorsFile file = SafetensorsFile.Open(folder.At("a.safetensors"));
        Assert.Equal(floats, file.ReadFloats("a"));
    }

    private static float Reference(TensorType type, int value)
    {
        (int exponentBits, int fractionBits) = type == TensorType.F16 ? (5, 10) : (8, 7);
        int exponent = (value >> fractionBits) & ((1 << exponentBits) - 1);
        double fraction = (value & ((1 << fractionBits) - 1)) / (double)(1 << fractionBits);
        int bias = (1 << (exponentBits - 1)) - 1;
        double magnitude = exponent == (1 << exponentBits) - 1
            ? fraction == 0 ? double.PositiveInfinity : double.NaN
            : exponent == 0 ? Math.ScaleB(fraction, 1 - bias) : Math.ScaleB(1 + fraction, exponent - bias);
        return (float)(value >> 15 == 1 ? -magnitude : magnitude);
    }
}
