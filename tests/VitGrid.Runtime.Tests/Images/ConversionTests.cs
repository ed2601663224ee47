using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;
using VitGrid.Runtime.Images.Png;

namespace VitGrid.Runtime.Tests.Images;

/// <summary>How samples of each kind become RGB, where the golden images do not tell.</summary>
public sealed class ConversionTests
{
    [Fact]
    public void Sixteen_bit_grey_with_alpha_takes_the_high_byte_in_either_policy()
    {
        byte[] file = PngFile.Write(1, 16, 4, [[0x12, 0xff, 0, 0]]);
        Assert.Equal([0x12, 0x12, 0x12], Decode(file, Grey16.Clamp));
        Assert.Equal([0x12, 0x12, 0x12], Decode(file, Grey16.Scale));
    }

    [Fact]
    public void Sixteen_bit_grey_with_a_transparent_value_follows_the_policy()
    {
        byte[] file = PngFile.Write(2, 16, 0, [[0x00, 0x80, 0x12, 0x34]], ("tRNS", [0x00, 0x80]));
        Assert.Equal([128, 128, 128, 255, 255, 255], Decode(file, Grey16.Clamp));
        Assert.Equal([0, 0, 0, 18, 18, 18], Decode(file, Grey16.Scale));
    }

    [Fact]
    public void Every_sixteen_bit_grey_value_is_the_whole_quotient_of_257()
    {
        byte[] row = [.. Enumerable.Range(0, 65_536).SelectMany(value => (byte[])[(byte)(value >> 8), (byte)value])];
        byte[] rgb = Decode(PngFile.Write(65_536, 16, 0, [row]), Grey16.Scale);
        Assert.Equal(Enumerable.Range(0, 65_536).Select(value => (byte)(value / 257)), Enumerable.Range(0, 65_536).Select(
            value => rgb[value * 3]));
    }

    [Fact]
    public void Colours_under_a_transparent_gif_pixel_stay()
    {
        // Colour 5 is in use and not black, which is what the decoder would leave.
        byte[] file = GoldenImages.File("images/animated.gif");
        byte[] opaque = Decode(file, Grey16.Clamp);
        int control = file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x21, 0xf9, 0x04]);
        file[control + 3] |= 1;
        file[control + 6] = 5;
        Assert.Equal(opaque, Decode(file, Grey16.Clamp));
    }

    [Theory, InlineData("zTXt"), InlineData("iTXt"), InlineData("iCCP")]
    public void Compressed_texts_and_profiles_of_a_png_never_reach_the_decoder(string type)
    {
        byte[] plain = PngFile.Write(1, 8, 2, [[1, 2, 3]]);
        byte[] file = PngFile.Write(1, 8, 2, [[1, 2, 3]], (type, [.. "name\0\0"u8, .. PngFile.Deflate(new byte[100_000])]));
        Assert.Equal(plain, PngCopy.Repaired(file).ToArray());
        Assert.Equal([1, 2, 3], Decode(file, Grey16.Clamp));
        Assert.Null(PngCopy.Repaired(plain).Array);
    }

    [Theory]
    [InlineData(1, "abcdef"), InlineData(2, "badcfe"), InlineData(3, "fedcba"), InlineData(4, "efcdab")]
    [InlineData(5, "acebdf"), InlineData(6, "ecafdb"), InlineData(7, "fdbeca"), InlineData(8, "bdface")]
    public void Every_exif_orientation_is_turned_upright(int orientation, string expected)
    {
        // Stored as two columns, three rows: ab, cd, ef.
        Raster stored = Raster.Rent(2, 3);
        for (int pixel = 0; pixel < 6; pixel++)
            stored.Pixels.Slice(pixel * 3, 3).Fill((byte)('a' + pixel));
        using Raster upright = Orientation.Upright(stored, orientation);
        Assert.Equal(orientation < 5 ? (2, 3) : (3, 2), (upright.Width, upright.Height));
        Assert.Equal(expected.SelectMany(letter => Enumerable.Repeat((byte)letter, 3)), upright.Pixels.ToArray());
    }

    [Theory, InlineData(0, 0, 0), InlineData(255, 0, 255), InlineData(128, 64, 255), InlineData(3, 250, 128)]
    public void Ink_becomes_light_by_rounding_the_product(int ink, int black, int other)
    {
        byte[] pixels = [(byte)ink, (byte)other, 0, (byte)black];
        CmykPixels.ToRgb(pixels, 1);
        int light = 255 - black;
        Assert.Equal([Light(ink), Light(other), (byte)light], pixels[..3]);

        byte Light(int value) => (byte)(light - (int)Math.Round(value * light / 255.0, MidpointRounding.AwayFromZero));
    }

    private static byte[] Decode(byte[] file, Grey16 grey16)
    {
        using Raster raster = ImageDecoder.Decode(file, GoldenImages.Crop with { Grey16 = grey16 }, new ImageLimits());
        return raster.Pixels.ToArray();
    }
}
