using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;

namespace VitGrid.Runtime.Images.Png;

/// <summary>
/// Writes a copy of a PNG without what stops libpng and not the reference: chunks of unknown types, a header with bytes too many, a window of the
/// compressor that is said to be smaller than it is. Compressed texts and colour profiles go too: none of them reaches a pixel, and a hundred
/// kilobytes of them can inflate to gigabytes.
/// </summary>
internal static class PngCopy
{
    private const int HeaderBytes = 13;
    private const int Compression = 10;
    private const int Interlacing = 12;

    /// <summary>The copy, in an array of the pool; no array when the file can be decoded as it is.</summary>
    /// <exception cref="ImageException">A chunk before the pixels has a wrong checksum, which the reference refuses.</exception>
    public static ArraySegment<byte> Mended(ReadOnlySpan<byte> file)
    {
        if (!NeedsCopy(file))
            return default;
        byte[] copy = ArrayPool<byte>.Shared.Rent(file.Length);
        int count = PngChunk.SignatureBytes;
        file[..count].CopyTo(copy);
        bool window = false;
        foreach (PngChunk chunk in new PngChunks(file))
        {
            if (!chunk.IsKept)
                continue;
            ReadOnlySpan<byte> data = chunk.Type.SequenceEqual("PLTE"u8) ? chunk.Data[..(chunk.Data.Length / 3 * 3)]
                : chunk.Type.SequenceEqual("IHDR"u8) ? chunk.Data[..Math.Min(HeaderBytes, chunk.Data.Length)] : chunk.Data;
            Span<byte> to = copy.AsSpan(count);
            chunk.Whole.CopyTo(to);
            BinaryPrimitives.WriteInt32BigEndian(to, data.Length);
            data.CopyTo(to[8..]);
            bool changed = data.Length != chunk.Data.Length | MendHeader(chunk, to[8..]) | (!window && MendWindow(chunk, to[8..]));
            window |= chunk.Type.SequenceEqual("IDAT"u8);
            if (changed)
                BinaryPrimitives.WriteUInt32BigEndian(to[(8 + data.Length)..], Crc32.HashToUInt32(to[4..(8 + data.Length)]));
            count += chunk.Whole.Length - (chunk.Data.Length - data.Length);
        }
        return new(copy, 0, count);
    }

    private static bool NeedsCopy(ReadOnlySpan<byte> file)
    {
        bool needed = false, pixels = false;
        foreach (PngChunk chunk in new PngChunks(file))
        {
            bool first = !pixels && chunk.Type.SequenceEqual("IDAT"u8);
            pixels |= first;
            if (!pixels && !chunk.IsSound)
                throw ImageRefusal.Damaged(ImageFormat.Png, $"of {file.Length} bytes has a chunk with a wrong checksum before its pixels");
            needed |= !chunk.IsKept || (first && HasSmallWindow(chunk.Data)) || HasOddHeader(chunk)
                || (chunk.Type.SequenceEqual("PLTE"u8) && chunk.Data.Length % 3 != 0);
        }
        return needed;
    }

    private static bool HasOddHeader(PngChunk chunk) => chunk.Type.SequenceEqual("IHDR"u8) && chunk.Data.Length >= HeaderBytes
        && (chunk.Data.Length > HeaderBytes || chunk.Data[Compression] != 0 || chunk.Data[Interlacing] > 1);

    private static bool MendHeader(PngChunk chunk, Span<byte> data)
    {
        if (!HasOddHeader(chunk))
            return false;
        (data[Compression], data[Interlacing]) = (0, Math.Min(data[Interlacing], (byte)1));
        return true;
    }

    private static bool MendWindow(PngChunk chunk, Span<byte> data)
    {
        if (!chunk.Type.SequenceEqual("IDAT"u8) || !HasSmallWindow(chunk.Data) || !chunk.IsSound)
            return false;
        data[0] |= 0x70;
        data[1] &= 0xe0;
        data[1] += (byte)(31 - (((data[0] << 8) | data[1]) % 31));
        return true;
    }

    // zlib's two bytes (RFC 1950): method 8 and a window below 32 KiB, divisible by 31.
    private static bool HasSmallWindow(ReadOnlySpan<byte> data) =>
        data.Length >= 2 && (data[0] & 15) == 8 && data[0] < 0x70 && ((data[0] << 8) | data[1]) % 31 == 0;
}
