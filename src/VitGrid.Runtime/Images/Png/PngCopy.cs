using System.Buffers;

namespace VitGrid.Runtime.Images.Png;

/// <summary>
/// Writes a copy of a PNG without what stops libpng and not the reference: chunks of unknown types, a header with bytes too many, a
/// window of the compressor that is said to be smaller than it is. Compressed texts and colour profiles go too: none of them reaches a
/// pixel, and a hundred kilobytes of them can inflate to gigabytes.
/// </summary>
internal static class PngCopy
{
    /// <summary>The copy, in an array of the pool; no array when the file can be decoded as it is.</summary>
    /// <exception cref="ImageException">A chunk before the pixels has a wrong checksum, which the reference refuses.</exception>
    public static ArraySegment<byte> Mended(ReadOnlySpan<byte> file)
    {
        if (!NeedsCopy(file))
            return default;
        byte[] copy = ArrayPool<byte>.Shared.Rent(file.Length);
        int count = PngChunk.SignatureBytes;
        file[..count].CopyTo(copy);
        PngWindow window = new();
        foreach (PngChunk chunk in new PngChunks(file))
        {
            if (!chunk.IsKept)
                continue;
            chunk.Whole.CopyTo(copy.AsSpan(count));
            if (chunk.Is("IDAT"u8))
                window.Add(count, chunk.Data);
            count += chunk.Is("IHDR"u8) ? PngHeader.Mend(copy.AsSpan(count, chunk.Whole.Length)) : chunk.Whole.Length;
        }
        window.Mend(copy.AsSpan(0, count));
        return new(copy, 0, count);
    }

    private static bool NeedsCopy(ReadOnlySpan<byte> file)
    {
        bool needed = false, pixels = false;
        PngWindow window = new();
        foreach (PngChunk chunk in new PngChunks(file))
        {
            if (chunk.Is("IDAT"u8))
            {
                pixels = true;
                window.Add(0, chunk.Data);
            }
            else if (!pixels && !chunk.IsSound)
            {
                throw ImageRefusal.Damaged(ImageFormat.Png, "has a chunk with a wrong checksum before its pixels");
            }
            needed |= !chunk.IsKept || (chunk.Is("IHDR"u8) && PngHeader.IsOdd(chunk.Data));
        }
        return needed || window.IsSmall;
    }
}
