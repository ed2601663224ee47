using System.Buffers.Binary;
using System.IO.Hashing;

namespace VitGrid.Runtime.Images.Png;

/// <summary>Brings a PNG's header to the form that libpng demands, where the reference is content with another.</summary>
internal static class PngHeader
{
    /// <summary>Bytes of a header's data.</summary>
    public const int Bytes = 13;

    /// <summary>The kind of colours that are indices of a palette.</summary>
    public const byte Palette = 3;

    private const int ColourTypeAt = 9;
    private const int Compression = 10;
    private const int Interlacing = 12;
    private const int DataOffset = 8;

    /// <summary>Whether the header has bytes too many, an unknown compression, or interlacing that is neither 0 nor 1.</summary>
    public static bool IsOdd(ReadOnlySpan<byte> data) =>
        data.Length > Bytes || (data.Length == Bytes && (data[Compression] != 0 || data[Interlacing] > 1));

    /// <summary>PNG's number of the kind of colours.</summary>
    public static byte ColourTypeOf(ReadOnlySpan<byte> data) => data.Length > ColourTypeAt ? data[ColourTypeAt] : (byte)0;

    /// <summary>Fixes a whole chunk in place and says how many bytes it has then.</summary>
    public static int Repair(Span<byte> chunk)
    {
        Span<byte> data = chunk[DataOffset..];
        if (chunk.Length < PngChunk.FrameBytes + Bytes || !IsOdd(data[..^4]))
            return chunk.Length;
        (data[Compression], data[Interlacing]) = (0, Math.Min(data[Interlacing], (byte)1));
        BinaryPrimitives.WriteInt32BigEndian(chunk, Bytes);
        BinaryPrimitives.WriteUInt32BigEndian(data[Bytes..], Crc32.HashToUInt32(chunk[4..(DataOffset + Bytes)]));
        return PngChunk.FrameBytes + Bytes;
    }
}
