using System.Buffers.Binary;
using System.IO.Compression;

namespace VitGrid.LoadTest.Images;

/// <summary>Writes PNG of 8-bit RGB, every row as the difference to its left neighbour (ISO/IEC 15948).</summary>
internal static class PngWriter
{
    private const int Pixel = 3;
    private const byte SubFilter = 1;

    /// <summary>The whole file.</summary>
    public static byte[] Write(Canvas canvas)
    {
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, canvas.Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), canvas.Height);
        (header[8], header[9]) = (8, 2);
        return [.. "\u0089PNG\r\n\u001a\n".Select(letter => (byte)letter), .. Chunk("IHDR"u8, header), .. Chunk(
            "IDAT"u8, Compress(canvas)), .. Chunk("IEND"u8, [])];
    }

    /// <summary>A chunk: length, type, body, checksum over type and body.</summary>
    public static byte[] Chunk(ReadOnlySpan<byte> type, ReadOnlySpan<byte> body)
    {
        byte[] chunk = new byte[body.Length + 12];
        BinaryPrimitives.WriteInt32BigEndian(chunk, body.Length);
        type.CopyTo(chunk.AsSpan(4));
        body.CopyTo(chunk.AsSpan(8));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + body.Length), Crc32.From(chunk.AsSpan(4, 4 + body.Length)));
        return chunk;
    }

    private static byte[] Compress(Canvas canvas)
    {
        using MemoryStream packed = new();
        using (ZLibStream zip = new(packed, CompressionLevel.Fastest))
        {
            byte[] row = new byte[(canvas.Width * Pixel) + 1];
            row[0] = SubFilter;
            for (int y = 0; y < canvas.Height; y++)
            {
                ReadOnlySpan<byte> pixels = canvas.Rgb.AsSpan(y * canvas.Width * Pixel, canvas.Width * Pixel);
                for (int i = 0; i < pixels.Length; i++)
                    row[i + 1] = (byte)(pixels[i] - (i < Pixel ? 0 : pixels[i - Pixel]));
                zip.Write(row);
            }
        }
        return packed.ToArray();
    }
}

/// <summary>The checksum of PNG's chunks.</summary>
internal static class Crc32
{
    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(Entry)];

    /// <summary>Of <paramref name="bytes"/>.</summary>
    public static uint From(ReadOnlySpan<byte> bytes)
    {
        uint sum = uint.MaxValue;
        foreach (byte value in bytes)
            sum = Table[(byte)(sum ^ value)] ^ (sum >> 8);
        return ~sum;
    }

    private static uint Entry(int index)
    {
        uint value = (uint)index;
        for (int bit = 0; bit < 8; bit++)
            value = (value & 1) == 0 ? value >> 1 : 0xedb8_8320 ^ (value >> 1);
        return value;
    }
}
