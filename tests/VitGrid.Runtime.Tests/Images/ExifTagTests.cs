using System.Buffers.Binary;
using FsCheck.Xunit;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Images;

namespace VitGrid.Runtime.Tests.Images;

/// <summary>The tag is read where the decoder reads it: what is told of an image is what applying it would do.</summary>
public sealed class ExifTagTests
{
    private static readonly PreprocessProfile Small = GoldenImages.Squash with { Size = InputSize.Square(56) };

    [Theory]
    [InlineData("images/exif-3.jpg", 3)]
    [InlineData("images/exif-6.jpg", 6)]
    [InlineData("images/photo-444.jpg", 1)]
    [InlineData("images/grey.png", 1)]
    [InlineData("images/lossy.webp", 1)]
    [InlineData("images/lzw.tif", 1)]
    [InlineData("images/bmp24.bmp", 1)]
    public void The_orientation_of_a_file_is_known_without_decoding(string name, int orientation) =>
        Assert.Equal(orientation, ExifTag.OrientationOf(GoldenImages.File(name)));

    [Property(MaxTest = 120)]
    public bool An_orientation_is_told_where_applying_it_changes_the_image(int seed)
    {
        Random random = new(seed);
        int orientation = random.Next(4) == 0 ? random.Next(0x10000) : random.Next(0, 10);
        byte[] exif = Exif(random, orientation);
        byte[] file = random.Next(3) switch
        {
            0 => WithSegment(GoldenImages.File("images/photo-444.jpg"), [.. "Exif\0\0"u8, .. exif]),
            1 => PngFile.Write(3, 8, 2, [[255, 0, 0, 0, 255, 0, 0, 0, 255], [9, 9, 9, 200, 10, 60, 0, 0, 0]], ("eXIf", exif)),
            _ => WithChunk(GoldenImages.File("images/lossy.webp"), exif),
        };
        byte[] ignored = GoldenImages.Process(file, Small), applied = GoldenImages.Process(
            file, Small with { Exif = ExifOrientation.Apply });
        return ExifTag.OrientationOf(file) == (orientation is >= 2 and <= 8 ? orientation : 1)
            && ignored.AsSpan().SequenceEqual(applied) == (ExifTag.OrientationOf(file) == 1);
    }

    [Property(MaxTest = 1000)]
    public bool Damaged_heads_have_some_orientation_and_no_fault(int seed)
    {
        Random random = new(seed);
        byte[] exif = Exif(random, 6);
        byte[] file = random.Next(3) switch
        {
            0 => WithSegment(GoldenImages.File("images/grey.jpg"), [.. "Exif\0\0"u8, .. exif]),
            1 => PngFile.Write(1, 8, 0, [[7]], ("eXIf", exif)),
            _ => WithChunk(GoldenImages.File("images/lossy.webp")[..200], exif),
        };
        for (int i = random.Next(6); i > 0; i--)
            file[random.Next(Math.Min(file.Length, 120))] = (byte)random.Next(256);
        return ExifTag.OrientationOf(file.AsSpan(0, random.Next(file.Length + 1))) is >= 1 and <= 8;
    }

    /// <summary>A directory with the orientation among other tags, in either byte order.</summary>
    private static byte[] Exif(Random random, int orientation)
    {
        bool little = random.Next(2) == 0;
        byte[] head = little ? [.. "II*\0"u8, 8, 0, 0, 0] : [.. "MM\0*"u8, 0, 0, 0, 8];
        (int Tag, int Value)[] entries = random.Next(2) == 0 ? [(0x0112, orientation)] : [(0x0103, 6), (0x0112, orientation), (0x0128, 2)];
        return [.. head, .. Short(entries.Length), .. entries.SelectMany(
            entry => (byte[])[.. Short(entry.Tag), .. Short(3), .. Count(), .. Short(entry.Value), 0, 0]), 0, 0, 0, 0];

        byte[] Short(int value)
        {
            byte[] bytes = new byte[2];
            if (little)
                BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value);
            else
                BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)value);
            return bytes;
        }

        byte[] Count() => little ? [1, 0, 0, 0] : [0, 0, 0, 1];
    }

    /// <summary>An APP1 segment behind the first segment of a JPEG file.</summary>
    private static byte[] WithSegment(byte[] jpeg, byte[] content)
    {
        int at = 4 + BinaryPrimitives.ReadUInt16BigEndian(jpeg.AsSpan(4));
        int length = content.Length + 2;
        return [.. jpeg[..at], 0xFF, 0xE1, (byte)(length >> 8), (byte)length, .. content, .. jpeg[at..]];
    }

    /// <summary>A simple WebP file becomes an extended one with an EXIF chunk behind its pixels.</summary>
    private static byte[] WithChunk(byte[] webp, byte[] exif)
    {
        byte[] pixels = webp[12..];
        (int width, int height) =
            (BinaryPrimitives.ReadUInt16LittleEndian(webp.AsSpan(26)) & 0x3FFF, BinaryPrimitives.ReadUInt16LittleEndian(
                webp.AsSpan(28)) & 0x3FFF);
        byte[] extended = [.. "VP8X"u8, 10, 0, 0, 0, 8, 0, 0, 0, .. Three(width - 1), .. Three(height - 1)];
        byte[] chunk = [.. "EXIF"u8, .. Four(exif.Length), .. exif, .. exif.Length % 2 == 0 ? [] : (byte[])[0]];
        return [.. "RIFF"u8, .. Four(4 + extended.Length + pixels.Length + chunk.Length), .. "WEBP"u8, .. extended, .. pixels, .. chunk];
    }

    private static byte[] Three(int value) => [(byte)value, (byte)(value >> 8), (byte)(value >> 16)];

    private static byte[] Four(int value) => BitConverter.GetBytes(value);
}
