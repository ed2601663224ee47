using System.Buffers.Binary;
using FsCheck.Xunit;
using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Images;

public sealed class TiffReaderTests
{
    private static readonly byte[] Rgb = File.ReadAllBytes(GoldenFiles.PathOf("images-in-the-wild", "tif-orient0.tif"));

    [Property(MaxTest = 500)]
    public void Any_change_of_the_directory_gives_an_image_or_a_refusal(byte entry, byte at, uint value)
    {
        byte[] file = [.. Rgb];
        int directory = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(4));
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(directory));
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(directory + 2 + (entry % count * 12) + (at % 9)), value);
        Exception? exception = Record.Exception(() => Pixels(file));
        Assert.True(exception is null or ImageException, $"{exception}");
    }

    [Property(MaxTest = 300)]
    public void Every_orientation_but_2_to_8_leaves_the_image_as_stored(ushort orientation)
    {
        byte[] file = WithTag(274, orientation);
        if (orientation is 0 or 1 or > 8)
            Assert.Equal(Pixels(Rgb), Pixels(file));
        else
            Assert.NotEqual(Pixels(Rgb), Pixels(file));
    }

    [Theory]
    [InlineData(262, 4, "transparency mask"), InlineData(262, 8, "CIELAB"), InlineData(262, 9, "ICCLAB")]
    [InlineData(262, 32803, "colour filter array"), InlineData(262, 34892, "linear raw"), InlineData(262, 99, "interpretation 99")]
    [InlineData(259, 50000, "Zstandard"), InlineData(259, 34925, "LZMA"), InlineData(259, 34887, "LERC")]
    [InlineData(259, 6, "old JPEG"), InlineData(259, 33005, "JPEG 2000"), InlineData(277, 2, "2 samples")]
    public void What_the_reference_reads_otherwise_or_not_is_unsupported_with_the_reason(ushort tag, ushort value, string reason)
    {
        ImageException refusal = Assert.Throws<ImageException>(() => Pixels(WithTag(tag, value)));
        Assert.Equal(ImageFault.UnsupportedFormat, refusal.Fault);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Property(MaxTest = 100)]
    public void A_page_cut_anywhere_is_refused_or_whole(uint at)
    {
        byte[] file = Rgb[..(int)(at % (uint)Rgb.Length)];
        Exception? exception = Record.Exception(() => Assert.Equal(Pixels(Rgb), Pixels(file)));
        Assert.True(exception is null or ImageException, $"cut to {file.Length} bytes: {exception}");
    }

    private static byte[] WithTag(ushort tag, ushort value)
    {
        byte[] file = [.. Rgb];
        int directory = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(4));
        for (int at = directory + 2; ; at += 12)
        {
            if (BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(at)) != tag)
                continue;
            BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(at + 2), 3);
            BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at + 8), value);
            return file;
        }
    }

    private static byte[] Pixels(byte[] file)
    {
        using Raster raster = ImageDecoder.Decode(file, GoldenImages.Crop, new ImageLimits());
        return raster.Pixels.ToArray();
    }
}
