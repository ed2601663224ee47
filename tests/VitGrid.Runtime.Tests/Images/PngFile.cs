using System.Buffers.Binary;
using System.IO.Compression;

namespace VitGrid.Runtime.Tests.Images;

/// <summary>Writes small PNG files for tests.</summary>
internal static class PngFile
{
    /// <summary>
    /// A PNG of <paramref name="rows"/>, each without its filter byte, with <paramref name="extra"/> chunks before the pixels.
    /// </summary>
    public static byte[] Write(int width, int bits, int colourType, byte[][] rows, params (string Type, byte[] Data)[] extra)
    {
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), rows.Length);
        (header[8], header[9]) = ((byte)bits, (byte)colourType);
        return
        [
            0x89, .. "PNG\r\n"u8, 0x1a, (byte)'\n', .. Chunk("IHDR", header), .. extra.SelectMany(chunk => Chunk(chunk.Type, chunk.Data)),
            .. Chunk("IDAT", Deflate([.. rows.SelectMany(row => (byte[])[0, .. row])])), .. Chunk("IEND", []),
        ];
    }

    public static byte[] Deflate(byte[] data)
    {
        using MemoryStream stream = new();
        using (ZLibStream deflate = new(stream, CompressionLevel.Optimal))
            deflate.Write(data);
        return stream.ToArray();
    }

    private static byte[] Chunk(string type, byte[] data)
    {
        byte[] typed = [.. type.Select(character => (byte)character), .. data];
        byte[] chunk = [0, 0, 0, 0, .. typed, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(chunk.Length - 4), Crc32(typed));
        return chunk;
    }

    private static uint Crc32(byte[] data)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in data)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xedb88320 : crc >> 1;
        }
        return ~crc;
    }
}
