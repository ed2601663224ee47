using System.Buffers.Binary;

namespace VitGrid.Runtime.Images;

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
