using System.Buffers.Binary;

namespace VitGrid.Runtime.Images;

/// <summary>The image formats that are served.</summary>
internal enum ImageFormat
{
    Jpeg,
    Png,
    Gif,
    WebP,
    Tiff,
    Bmp,
}

/// <summary>Tells an image's format by its first bytes; names and content types are not asked.</summary>
internal static class ImageSignature
{
    private const string Served = "JPEG, PNG, GIF, WebP, TIFF or BMP";

    // Latin-1 characters; '?' stands for any byte.
    private static readonly (ImageFormat Format, string Bytes)[] Signatures =
    [
        (ImageFormat.Jpeg, "\u00ff\u00d8\u00ff"),
        (ImageFormat.Png, "\u0089PNG\r\n\u001a\n"),
        (ImageFormat.Gif, "GIF87a"),
        (ImageFormat.Gif, "GIF89a"),
        (ImageFormat.WebP, "RIFF????WEBP"),
        (ImageFormat.Tiff, "II*\0"),
        (ImageFormat.Tiff, "MM\0*"),
        (ImageFormat.Tiff, "II+\0"),
        (ImageFormat.Tiff, "MM\0+"),
        (ImageFormat.Bmp, "BM"),
    ];

    /// <summary>The format of <paramref name="file"/>.</summary>
    /// <exception cref="ImageException">Not an image format that is served, or cut off within the first bytes of one.</exception>
    public static ImageFormat Detect(ReadOnlySpan<byte> file)
    {
        foreach ((ImageFormat format, string bytes) in Signatures)
        {
            if (!Matches(file, bytes))
                continue;
            if (file.Length < bytes.Length)
                throw new ImageException(ImageFault.DecodeFailed,
                    $"image ends after {file.Length} bytes, within the first {bytes.Length} that tell a {format.Label()} file: "
                    + "send the whole file");
            return format;
        }
        throw new ImageException(ImageFault.UnsupportedFormat, $"{Describe(file)} is not a supported image: send {Served}");
    }

    /// <summary>
    /// The format that the first bytes tell, all of its signature; null for any other content. Two letters alone tell no BMP.
    /// </summary>
    public static ImageFormat? Find(ReadOnlySpan<byte> file)
    {
        foreach ((ImageFormat format, string bytes) in Signatures)
        {
            if (file.Length >= bytes.Length && Matches(file, bytes) && (format != ImageFormat.Bmp || HasBmpHeader(file)))
                return format;
        }
        return null;
    }

    /// <summary>The format's name as people write it.</summary>
    public static string Label(this ImageFormat format) => format == ImageFormat.WebP ? "WebP" : format.ToString().ToUpperInvariant();

    private static bool Matches(ReadOnlySpan<byte> file, string signature)
    {
        int length = Math.Min(file.Length, signature.Length);
        for (int i = 0; i < length; i++)
        {
            if (signature[i] != '?' && signature[i] != file[i])
                return false;
        }
        return length > 0;
    }

    /// <summary>The length of the second header is one of few numbers: 12 to 124.</summary>
    private static bool HasBmpHeader(ReadOnlySpan<byte> file) =>
        file.Length >= 18 && file[14] is >= 12 and <= 124 && file[15..18].IndexOfAnyExcept((byte)0) < 0;

    private static string Describe(ReadOnlySpan<byte> file) => file.IsEmpty
        ? "an empty file (0 bytes)"
        : $"a file of {file.Length} bytes that begins with {Convert.ToHexString(file[..Math.Min(file.Length, 8)])}";
}

/// <summary>Reads the EXIF orientation from the head of an encoded image; nothing is decoded.</summary>
public static class ExifTag
{
    private const int Orientation = 0x0112;
    private const int Short = 3;
    private const int EntryBytes = 12;

    /// <summary>
    /// The orientation, 2–8, by which <see cref="ExifOrientation.Apply"/> turns a JPEG, PNG or WebP file; 1 where there is nothing to
    /// turn: no EXIF, an upright image, a number that is no orientation, another format.
    /// </summary>
    public static int OrientationOf(ReadOnlySpan<byte> file)
    {
        ReadOnlySpan<byte> exif = ImageSignature.Find(file) switch
        {
            ImageFormat.Jpeg => InJpeg(file),
            ImageFormat.Png => InPng(file),
            ImageFormat.WebP => InWebP(file),
            _ => [],
        };
        return Read(exif.StartsWith("Exif\0\0"u8) ? exif[6..] : exif) is var value and >= 2 and <= 8 ? value : 1;
    }

    /// <summary>The first APP1 segment that holds EXIF, before the first scan.</summary>
    private static ReadOnlySpan<byte> InJpeg(ReadOnlySpan<byte> file)
    {
        for (int at = 2; at + 4 <= file.Length;)
        {
            // Some cameras leave stray bytes between segments; a marker may be preceded by any number of FF.
            if (file[at] != 0xFF || file[at + 1] == 0xFF)
            {
                at++;
                continue;
            }
            byte marker = file[at + 1];
            if (marker is 0xDA or 0xD9)
                return [];
            bool isBare = marker is 0x00 or 0x01 or (>= 0xD0 and <= 0xD8);
            int length = isBare ? 0 : Math.Max((int)BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]), 2);
            ReadOnlySpan<byte> content = isBare ? [] : file[(at + 4)..Math.Min(at + 2 + length, file.Length)];
            if (marker == 0xE1 && content.StartsWith("Exif\0\0"u8))
                return content;
            at += 2 + length;
        }
        return [];
    }

    /// <summary>The eXIf chunk before the pixels.</summary>
    private static ReadOnlySpan<byte> InPng(ReadOnlySpan<byte> file)
    {
        for (long at = 8; at + 12 <= file.Length;)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(file[(int)at..]);
            ReadOnlySpan<byte> type = file.Slice((int)at + 4, 4);
            if (type.SequenceEqual("IDAT"u8) || at + 12 + length > file.Length)
                return [];
            if (type.SequenceEqual("eXIf"u8))
                return file.Slice((int)at + 8, (int)length);
            at += 12 + length;
        }
        return [];
    }

    /// <summary>The EXIF chunk, wherever it stands; chunks are padded to an even length.</summary>
    private static ReadOnlySpan<byte> InWebP(ReadOnlySpan<byte> file)
    {
        for (long at = 12; at + 8 <= file.Length;)
        {
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(file[((int)at + 4)..]);
            if (at + 8 + length > file.Length)
                return [];
            if (file.Slice((int)at, 4).SequenceEqual("EXIF"u8))
                return file.Slice((int)at + 8, (int)length);
            at += 8 + length + (length & 1);
        }
        return [];
    }

    /// <summary>The tag's value in the first directory of <paramref name="tiff"/>; 0 where it is absent.</summary>
    private static int Read(ReadOnlySpan<byte> tiff)
    {
        bool little = tiff.StartsWith("II"u8);
        if (tiff.Length < 10 || !(little || tiff.StartsWith("MM"u8)))
            return 0;
        uint directory = little ? BinaryPrimitives.ReadUInt32LittleEndian(tiff[4..]) : BinaryPrimitives.ReadUInt32BigEndian(tiff[4..]);
        if (directory > tiff.Length - 2)
            return 0;
        int entries = Number(tiff[(int)directory..], little);
        for (int at = (int)directory + 2; entries > 0 && at + EntryBytes <= tiff.Length; entries--, at += EntryBytes)
        {
            if (Number(tiff[at..], little) == Orientation)
                return Number(tiff[(at + 2)..], little) == Short ? Number(tiff[(at + 8)..], little) : 0;
        }
        return 0;
    }

    private static int Number(ReadOnlySpan<byte> bytes, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);
}

/// <summary>Turns an image upright by its EXIF orientation (1–8, TIFF 6.0 tag 274).</summary>
internal static class Orientation
{
    /// <summary>The upright image; <paramref name="stored"/> itself when it already is, else it is given back to the pool.</summary>
    public static Raster Upright(Raster stored, int orientation)
    {
        if (orientation is <= 1 or > 8)
            return stored;
        using (stored)
            return Turn(stored, orientation);
    }

    private static Raster Turn(Raster stored, int orientation)
    {
        (int right, int down) = (Raster.PixelBytes, stored.Width * Raster.PixelBytes);
        (int lastColumn, int lastRow) = ((stored.Width - 1) * right, (stored.Height - 1) * down);
        // First stored pixel of the upright image, then the stored step to its right and lower neighbours.
        (int start, int across, int along) = orientation switch
        {
            2 => (lastColumn, -right, down),
            3 => (lastColumn + lastRow, -right, -down),
            4 => (lastRow, right, -down),
            5 => (0, down, right),
            6 => (lastRow, -down, right),
            7 => (lastColumn + lastRow, -down, -right),
            _ => (lastColumn, down, -right),
        };
        Raster upright = orientation < 5 ? Raster.Rent(stored.Width, stored.Height) : Raster.Rent(stored.Height, stored.Width);
        for (int row = 0; row < upright.Height; row++)
            CopyRow(stored.Pixels, start + (row * along), across, upright.Row(row));
        return upright;
    }

    private static void CopyRow(ReadOnlySpan<byte> stored, int from, int step, Span<byte> row)
    {
        for (int to = 0; to < row.Length; to += Raster.PixelBytes, from += step)
        {
            row[to] = stored[from];
            row[to + 1] = stored[from + 1];
            row[to + 2] = stored[from + 2];
        }
    }
}
