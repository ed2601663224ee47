using System.Buffers.Binary;
using FsCheck.Xunit;
using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;

namespace VitGrid.Runtime.Tests.Images;

public sealed class BmpReaderTests
{
    [Fact]
    public void Rows_are_stored_from_the_bottom_unless_the_height_is_negative()
    {
        byte[] rows = [3, 2, 1, 0, 6, 5, 4, 0];
        Assert.Equal([4, 5, 6, 1, 2, 3], Read(Bmp(1, 2, 24, 0, [], rows)));
        Assert.Equal([1, 2, 3, 4, 5, 6], Read(Bmp(1, -2, 24, 0, [], rows)));
    }

    [Theory]
    [InlineData(1, new byte[] { 0b0110_0000, 0, 0, 0 }, new byte[] { 0, 1, 1 })]
    [InlineData(4, new byte[] { 0x01, 0x10, 0, 0 }, new byte[] { 0, 1, 1 })]
    [InlineData(8, new byte[] { 0, 1, 1, 0 }, new byte[] { 0, 1, 1 })]
    public void A_palette_is_looked_up_from_the_highest_bits_on(int bits, byte[] row, byte[] indices)
    {
        byte[][] colours = [[10, 20, 30], [40, 50, 60]];
        byte[] palette = [30, 20, 10, 0, 60, 50, 40, 0];
        Assert.Equal(indices.SelectMany(index => colours[index]), Read(Bmp(3, 1, bits, 0, palette, row, colours: 2)));
    }

    [Fact]
    public void An_index_beyond_the_palette_is_black() =>
        Assert.Equal([3, 2, 1, 0, 0, 0], Read(Bmp(2, 1, 8, 0, [1, 2, 3, 0], [0, 1, 0, 0], colours: 1)));

    [Theory, InlineData(54), InlineData(0)]
    public void Pixels_begin_behind_a_palette_that_the_file_header_forgot(int offset)
    {
        byte[] file = Bmp(1, 1, 8, 0, [1, 2, 3, 0, 4, 5, 6, 0], [1, 0, 0, 0], colours: 2);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(10), offset);
        Assert.Equal([6, 5, 4], Read(file));
    }

    [Fact]
    public void Masks_of_nothing_mean_blue_green_red_at_32_bits_alone()
    {
        Assert.Equal([3, 2, 1], Read(Bmp(1, 1, 32, 3, new byte[12], [1, 2, 3, 4])));
        AssertRefused(ImageFault.UnsupportedFormat, Bmp(1, 1, 16, 3, new byte[12], [1, 2, 3, 4]));
    }

    [Fact]
    public void Masks_of_24_bits_may_say_what_holds_without_them() =>
        Assert.Equal([3, 2, 1], Read(Bmp(1, 1, 24, 3, [0, 0, 0xff, 0, 0, 0xff, 0, 0, 0xff, 0, 0, 0], [1, 2, 3, 0])));

    [Fact]
    public void Sixteen_bits_hold_five_a_channel_stretched_to_the_full_range() =>
        Assert.Equal([255, 131, 0], Read(Bmp(1, 1, 16, 0, [], [0x00, 0x7e, 0, 0])));

    [Fact]
    public void Masks_say_where_the_channels_lie()
    {
        byte[] masks565 = [0x00, 0xf8, 0, 0, 0xe0, 0x07, 0, 0, 0x1f, 0, 0, 0];
        Assert.Equal([255, 255, 0], Read(Bmp(1, 1, 16, 3, masks565, [0xe0, 0xff, 0, 0])));
        byte[] masksRgbx = [0xff, 0, 0, 0, 0, 0xff, 0, 0, 0, 0, 0xff, 0];
        Assert.Equal([1, 2, 3], Read(Bmp(1, 1, 32, 3, masksRgbx, [1, 2, 3, 4])));
    }

    [Fact]
    public void Thirty_two_bits_without_masks_are_blue_green_red_unused() =>
        Assert.Equal([3, 2, 1], Read(Bmp(1, 1, 32, 0, [], [1, 2, 3, 4])));

    [Theory, InlineData(24, 1), InlineData(32, 2), InlineData(24, 3), InlineData(2, 0), InlineData(32, 4)]
    public void Other_kinds_are_refused_with_a_remedy(int bits, int compression)
    {
        ImageException refusal = AssertRefused(ImageFault.UnsupportedFormat, Bmp(1, 1, bits, compression, new byte[1024], new byte[64]));
        Assert.Contains("save it uncompressed", refusal.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(0, 1), InlineData(1, 0)]
    public void Sides_of_no_length_are_refused(int width, int height) =>
        AssertRefused(ImageFault.DecodeFailed, Bmp(width, height, 24, 0, [], new byte[8]));

    [Theory, InlineData(int.MaxValue, int.MinValue), InlineData(int.MaxValue, 1), InlineData(100_000, 100_000), InlineData(-1, 1)]
    public void Sides_beyond_the_limit_are_refused_as_too_large(int width, int height) =>
        AssertRefused(ImageFault.TooLarge, Bmp(width, height, 24, 0, [], new byte[8]));

    [Fact]
    public void Text_that_happens_to_begin_like_a_bmp_is_no_supported_image() =>
        AssertRefused(ImageFault.UnsupportedFormat, [.. "BM is how this sentence begins."u8]);

    [Property(MaxTest = 2_000)]
    public void Any_change_of_its_headers_gives_an_image_or_a_refusal(byte at, uint value, byte second, byte secondValue)
    {
        byte[] file = GoldenImages.File("images/bmp8.bmp");
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at % 64), value);
        file[second % 64] = secondValue;
        try
        {
            _ = Read(file);
        }
        catch (ImageException exception)
        {
            Assert.NotEmpty(exception.Message);
        }
    }

    private static ImageException AssertRefused(ImageFault fault, byte[] file)
    {
        ImageException refusal = Assert.Throws<ImageException>(() => Read(file));
        Assert.Equal(fault, refusal.Fault);
        return refusal;
    }

    private static byte[] Read(byte[] file)
    {
        using Raster raster = ImageDecoder.Decode(file, GoldenImages.Crop, new ImageLimits());
        return raster.Pixels.ToArray();
    }

    private static byte[] Bmp(int width, int height, int bits, int compression, byte[] paletteOrMasks, byte[] rows, int colours = 0)
    {
        byte[] header = new byte[54];
        "BM"u8.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(10), 54 + paletteOrMasks.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(14), 40);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(18), width);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(22), height);
        BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(26), 1);
        BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(28), (short)bits);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(30), compression);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(46), colours);
        return [.. header, .. paletteOrMasks, .. rows];
    }
}
