using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace VitGrid.Page.Trying;

/// <summary>Writes a colour a patch as a PNG, for the browser to lay over the image. Pure.</summary>
internal static class PatchImage
{
    private static readonly byte[] Signature = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>A data URI of a PNG of 8-bit RGB.</summary>
    /// <param name="colours">[rows, columns, 3].</param>
    /// <param name="columns">Pixels of a row.</param>
    public static string DataUri(ReadOnlySpan<byte> colours, int columns) =>
        $"data:image/png;base64,{Convert.ToBase64String(Png(colours, columns))}";

    /// <summary>The PNG.</summary>
    public static byte[] Png(ReadOnlySpan<byte> colours, int columns)
    {
        int stride = columns * 3, rows = colours.Length / stride;
        using MemoryStream pixels = new();
        using (ZLibStream zlib = new(pixels, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (int row = 0; row < rows; row++)
            {
                // Each row without a filter.
                zlib.WriteByte(0);
                zlib.Write(colours.Slice(row * stride, stride));
            }
        }
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, columns);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), rows);
        (header[8], header[9]) = (8, 2);
        using MemoryStream png = new();
        png.Write(Signature);
        Write(png, "IHDR", header);
        Write(png, "IDAT", pixels.ToArray());
        Write(png, "IEND", []);
        return png.ToArray();
    }

    /// <summary>A shade for each number, from -1 (dark) to 1 (bright), in one hue that people who see no red tell apart.</summary>
    public static byte[] Shades(IReadOnlyList<float> cosines)
    {
        byte[] colours = new byte[cosines.Count * 3];
        float low = cosines.Min(), range = Math.Max(1e-6f, cosines.Max() - low);
        foreach ((int patch, float cosine) in cosines.Index())
        {
            float part = (cosine - low) / range;
            (colours[patch * 3], colours[(patch * 3) + 1], colours[(patch * 3) + 2]) =
                ((byte)(255 * part), (byte)(32 + (190 * part)), (byte)(96 * (1 - part)));
        }
        return colours;
    }

    private static void Write(MemoryStream png, string type, byte[] data)
    {
        byte[] chunk = [.. Encoding.ASCII.GetBytes(type), .. data];
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        png.Write(number);
        png.Write(chunk);
        BinaryPrimitives.WriteUInt32BigEndian(number, System.IO.Hashing.Crc32.HashToUInt32(chunk));
        png.Write(number);
    }
}
