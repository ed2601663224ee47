namespace VitGrid.Runtime.Images.Gif;

/// <summary>GIF's LZW, with the reference's tolerance: what it refuses is refused, what it passes over is passed over.</summary>
internal static class GifLzw
{
    private const int MaxBits = 12;
    private const int TableSize = 1 << MaxBits;

    /// <summary>
    /// Fills <paramref name="indices"/>; false when the data are damaged or end before that. What follows is not looked at.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<byte> blocks, int bits, Span<byte> indices)
    {
        if (bits > MaxBits)
            return false;
        Span<byte> lastOf = stackalloc byte[TableSize];
        Span<ushort> link = stackalloc ushort[TableSize];
        Span<byte> text = stackalloc byte[TableSize];
        GifCodes codes = new(blocks);
        (int clear, int next, int size, int previous) = (1 << bits, (1 << bits) + 2, bits + 1, -1);
        byte first = 0;
        int filled = 0;
        while (codes.TryRead(size, out int code) && code != clear + 1)
        {
            if (code == clear)
            {
                (next, size, previous) = (clear + 2, bits + 1, -1);
                continue;
            }
            if (previous < 0)
            {
                if (code > clear)
                    return false;
                (previous, first) = (code, (byte)code);
                indices[filled++] = first;
            }
            else
            {
                int begin = Expand(code, next, previous, first, clear, lastOf, link, text);
                if (begin < 0)
                    return false;
                first = text[begin];
                if (next < TableSize)
                {
                    (lastOf[next], link[next]) = (first, (ushort)previous);
                    if (next == (1 << size) - 1 && size < MaxBits)
                        size++;
                    next++;
                }
                previous = code;
                ReadOnlySpan<byte> run = text[begin..];
                run = run[..Math.Min(run.Length, indices.Length - filled)];
                run.CopyTo(indices[filled..]);
                filled += run.Length;
            }
            if (filled == indices.Length)
                return true;
        }
        return false;
    }

    /// <summary>
    /// Writes a code's text to the end of <paramref name="text"/> and says where it begins; −1 for a code that cannot be.
    /// </summary>
    private static int Expand(
        int code, int next, int previous, byte first, int clear, Span<byte> lastOf, Span<ushort> link, Span<byte> text)
    {
        int at = TableSize;
        if (code > next)
            return -1;
        if (code == next)
        {
            text[--at] = first;
            code = previous;
        }
        while (code >= clear)
        {
            if (at <= 1 || code >= TableSize)
                return -1;
            text[--at] = lastOf[code];
            code = link[code];
        }
        text[--at] = (byte)code;
        return at;
    }
}
