using System.Buffers;

namespace VitGrid.Runtime.Images;

/// <summary>
/// Clears the transparency flag of a GIF's first frame: the decoder blackens transparent pixels, while the reference looks their colour up.
/// </summary>
internal static class GifTransparency
{
    private const int HeaderBytes = 13;
    private const byte Extension = 0x21;
    private const byte GraphicControl = 0xf9;

    /// <summary>The file with the flag cleared, in an array of the pool; no array when it is not set.</summary>
    public static ArraySegment<byte> Cleared(ReadOnlySpan<byte> file)
    {
        int flags = FindSetFlag(file);
        if (flags < 0)
            return default;
        ArraySegment<byte> copy = new(ArrayPool<byte>.Shared.Rent(file.Length), 0, file.Length);
        file.CopyTo(copy);
        copy[flags] &= 0xfe;
        return copy;
    }

    // Position of the packed field whose lowest bit says that the first frame has a transparent colour (GIF89a, section 23), or −1.
    private static int FindSetFlag(ReadOnlySpan<byte> file)
    {
        if (file.Length < HeaderBytes)
            return -1;
        bool hasGlobalColours = (file[10] & 0x80) != 0;
        int found = -1;
        for (int at = HeaderBytes + (hasGlobalColours ? 3 << ((file[10] & 7) + 1) : 0); at + 3 < file.Length && file[at] == Extension;)
        {
            if (file[at + 1] == GraphicControl)
                found = (file[at + 3] & 1) != 0 ? at + 3 : -1;
            at = SkipBlocks(file, at + 2);
        }
        return found;
    }

    private static int SkipBlocks(ReadOnlySpan<byte> file, int at)
    {
        while (at < file.Length && file[at] != 0)
            at += file[at] + 1;
        return at + 1;
    }
}
