using System.Buffers.Binary;

namespace VitGrid.Runtime.Images.WebP;

/// <summary>Reads what a WebP's first chunk says of its size.</summary>
internal static class WebPDemand
{
    private const int Bands = 4;
    private const int ChunkAt = 12;
    private const int DataAt = 20;

    // libwebp's pixels and libvips' canvas; the lossless decoder, also that of alpha, holds its own beside them.
    private const int LossyBytes = 2 * Bands;
    private const int LosslessBytes = 4 * Bands;

    /// <summary>The demand; null where the file ends before its size, or begins with another chunk.</summary>
    public static DecodeDemand? Read(ReadOnlySpan<byte> file)
    {
        if (file.Length < DataAt + 10)
            return null;
        ReadOnlySpan<byte> type = file[ChunkAt..(ChunkAt + 4)], data = file[DataAt..];
        if (type.SequenceEqual("VP8 "u8))
            return Create(U16(data, 6) & 0x3fff, U16(data, 8) & 0x3fff, LossyBytes);
        if (type.SequenceEqual("VP8L"u8))
        {
            uint sizes = BinaryPrimitives.ReadUInt32LittleEndian(data[1..]);
            return Create((int)(sizes & 0x3fff) + 1, (int)((sizes >> 14) & 0x3fff) + 1, LosslessBytes);
        }
        return type.SequenceEqual("VP8X"u8) ? Create(U24(data, 4) + 1, U24(data, 7) + 1, LosslessBytes) : null;
    }

    private static DecodeDemand Create(int width, int height, int bytes) => new()
    {
        Format = ImageFormat.WebP,
        Width = width,
        Height = height,
        Bands = Bands,
        BufferBytes = (long)width * height * bytes,
        Work = (long)width * height * Bands,
    };

    private static int U16(ReadOnlySpan<byte> data, int at) => BinaryPrimitives.ReadUInt16LittleEndian(data[at..]);

    private static int U24(ReadOnlySpan<byte> data, int at) => U16(data, at) | (data[at + 2] << 16);
}
