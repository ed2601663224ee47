using System.Buffers.Binary;

namespace VitGrid.Runtime.Images.Png;

/// <summary>Reads what a PNG's headers say of its size; of several before the pixels the last counts, as in the reference.</summary>
internal static class PngDemand
{
    private const int BitsAt = 8;
    private const int InterlacingAt = 12;

    /// <summary>The demand; null without a header.</summary>
    /// <exception cref="ImageException">More pixels than the limit.</exception>
    public static DecodeDemand? Read(ReadOnlySpan<byte> file, ImageLimits limits)
    {
        ReadOnlySpan<byte> header = [];
        for (int at = PngChunk.SignatureBytes; at < file.Length;)
        {
            PngChunk chunk = PngChunk.At(file, at);
            if (chunk.Is("IDAT"u8))
                break;
            // One with a wrong checksum is refused as damaged.
            if (chunk.Is("IHDR"u8) && chunk.Data.Length >= PngHeader.Bytes && chunk.IsSound)
                header = chunk.Data;
            at += chunk.Whole.Length;
        }
        return header.IsEmpty ? null : From(header, limits);
    }

    private static DecodeDemand From(ReadOnlySpan<byte> header, ImageLimits limits)
    {
        (long width, long height) = (BinaryPrimitives.ReadUInt32BigEndian(header), BinaryPrimitives.ReadUInt32BigEndian(header[4..]));
        limits.Check(width, height);
        // A transparent colour becomes a band.
        int bands = PngHeader.ColourTypeOf(header) is 0 or 4 ? 2 : 4;
        int bytes = header[BitsAt] > 8 ? 2 : 1;
        bool interlaced = header[InterlacingAt] != 0;
        return new()
        {
            Format = ImageFormat.Png,
            Width = width,
            Height = height,
            Bands = bands,
            BandBytes = bytes,
            BufferBytes = interlaced ? width * height * bands * bytes : 0,
            Work = width * height * bands,
            Detail = interlaced ? ", interlaced," : "",
        };
    }
}
