using System.Buffers.Binary;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Images;

namespace VitGrid.Runtime.Tests.Images.Processors;

/// <summary>What of an image is transparent to the reference, format by format, where the golden images do not say.</summary>
public sealed class WhiteGroundTests
{
    [Theory]
    [InlineData(0, 0, 255), InlineData(77, 255, 77), InlineData(0, 128, 127), InlineData(255, 7, 255), InlineData(100, 51, 224)]
    public void A_level_over_white_is_rounded(byte colour, byte alpha, byte expected)
    {
        Assert.Equal(expected, WhiteGround.Level(colour, alpha));
        Assert.Equal(expected, (byte)Math.Round(((colour * alpha) + (255 * (255 - alpha))) / 255.0));
    }

    [Theory]
    [InlineData(8, 100, 100, 255), InlineData(8, 100, 99, 100)]
    // The reference compares the level that it spread to 8 bits with the number in the file.
    [InlineData(2, 1, 85, 255), InlineData(2, 1, 1, 85), InlineData(2, 0, 0, 255), InlineData(1, 1, 0, 255), InlineData(1, 1, 1, 255)]
    public void A_transparent_grey_is_compared_as_it_stands_in_the_file(int bits, byte stored, byte key, byte expected)
    {
        byte[] file = PngFile.Write(1, bits, 0, [[(byte)(stored << (8 - bits))]], ("tRNS", [0, key]));
        Assert.Equal([expected, expected, expected], OnWhite(file));
        byte level = (byte)(stored * 255 / ((1 << bits) - 1));
        Assert.Equal([level, level, level], Dropped(file));
    }

    [Fact]
    public void A_transparent_colour_of_an_RGB_image_is_no_alpha() =>
        Assert.Equal([1, 2, 3], OnWhite(PngFile.Write(1, 8, 2, [[1, 2, 3]], ("tRNS", [0, 1, 0, 2, 0, 3]))));

    [Fact]
    public void The_alpha_of_a_palette_survives_the_copy_without_texts()
    {
        byte[] palette = [10, 20, 30, 40, 50, 60];
        byte[] text = [.. "a\0"u8, 0, .. PngFile.Deflate([1])];
        byte[] file = PngFile.Write(2, 8, 3, [[0, 1]], ("zTXt", text), ("PLTE", palette), ("tRNS", [0, 255]));
        Assert.Equal([255, 255, 255, 40, 50, 60], OnWhite(file, 2));
        Assert.Equal(palette, Dropped(file, 2));
    }

    [Fact]
    public void A_GIFs_transparent_index_becomes_white()
    {
        byte[] file = Convert.FromBase64String("R0lGODlhAQABAIAAAAoUHigyPCH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==");
        Assert.Equal([10, 20, 30], Dropped(file));
        Assert.Equal([255, 255, 255], OnWhite(file));
    }

    [Theory]
    [InlineData(0xff000000u, 255, 100), InlineData(0xff000000u, 0, 255), InlineData(0u, 0, 100)]
    public void A_BMPs_alpha_counts_where_its_header_names_it(uint mask, byte alpha, byte expected)
    {
        byte[] file = Bmp(mask, 100, alpha);
        Assert.Equal([expected, expected, expected], OnWhite(file));
        Assert.Equal([100, 100, 100], Dropped(file));
    }

    [Theory]
    [InlineData(2, new byte[] { 10, 20, 30, 0 }, 2, new byte[] { 255, 255, 255 })]
    [InlineData(2, new byte[] { 10, 20, 30, 255 }, 2, new byte[] { 10, 20, 30 })]
    [InlineData(2, new byte[] { 10, 20, 30, 0 }, -1, new byte[] { 255, 255, 255 })]
    // A sample of no meaning is no alpha; one that the colours were multiplied by is divided out first.
    [InlineData(2, new byte[] { 10, 20, 30, 0 }, 0, new byte[] { 10, 20, 30 })]
    [InlineData(2, new byte[] { 10, 20, 30, 128 }, 1, new byte[] { 137, 147, 157 })]
    [InlineData(1, new byte[] { 100, 51 }, 2, new byte[] { 224, 224, 224 })]
    public void A_TIFFs_alpha_counts_where_its_tags_say_that_it_is_one(int photometric, byte[] samples, int extra, byte[] expected) =>
        Assert.Equal(expected, OnWhite(Tiff(photometric, samples, extra)));

    private static byte[] OnWhite(byte[] file, int width = 1) => Pixels(file, width, ResizeLibrary.Torchvision);

    private static byte[] Dropped(byte[] file, int width = 1) => Pixels(file, width, ResizeLibrary.Pillow);

    private static byte[] Pixels(byte[] file, int width, ResizeLibrary library) => ProcessorSheets.Process(
        file, new() { Mode = ResizeMode.Squash, Size = new InputSize(1, width), Library = library });

    /// <summary>One pixel of these samples; no tag for the samples beyond the colours where <paramref name="extra"/> is negative.</summary>
    private static byte[] Tiff(int photometric, byte[] samples, int extra)
    {
        List<(ushort Tag, ushort Type, uint Count, uint Value)> tags =
        [
            (256, 3, 1, 1), (257, 3, 1, 1), (258, 3, (uint)samples.Length, samples.Length == 2 ? 0x0008_0008u : 16), (259, 3, 1, 1),
            (262, 3, 1, (uint)photometric), (273, 4, 1, 8), (277, 3, 1, (uint)samples.Length), (278, 3, 1, 1),
            (279, 4, 1, (uint)samples.Length),
        ];
        if (extra >= 0)
            tags.Add((338, 3, 1, (uint)extra));
        byte[] file = new byte[24 + 2 + (tags.Count * 12) + 4];
        new byte[] { (byte)'I', (byte)'I', 42, 0, 24, 0, 0, 0 }.CopyTo(file, 0);
        samples.CopyTo(file, 8);
        for (int at = 16; at < 24; at += 2)
            file[at] = 8;
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(24), (ushort)tags.Count);
        foreach ((int index, (ushort tag, ushort type, uint count, uint value)) in tags.Index())
        {
            Span<byte> entry = file.AsSpan(26 + (index * 12), 12);
            BinaryPrimitives.WriteUInt16LittleEndian(entry, tag);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], type);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], count);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], value);
        }
        return file;
    }

    /// <summary>One grey pixel of 32 bits under a header of version 4 with these masks.</summary>
    private static byte[] Bmp(uint alphaMask, byte level, byte alpha)
    {
        byte[] file = new byte[14 + 108 + 4];
        "BM"u8.CopyTo(file);
        (int At, uint Value)[] fields =
        [
            (2, (uint)file.Length), (10, 122), (14, 108), (18, 1), (22, 1), (26, 1 | (32 << 16)), (30, 3),
            (54, 0xff0000), (58, 0xff00), (62, 0xff), (66, alphaMask),
        ];
        foreach ((int at, uint value) in fields)
            BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at), value);
        byte[] pixel = [level, level, level, alpha];
        pixel.CopyTo(file, 122);
        return file;
    }
}
