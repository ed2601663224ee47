using System.Buffers.Binary;

namespace VitGrid.Runtime.Images.Png;

/// <summary>
/// The two bytes that begin a PNG's compressed pixels (RFC 1950), wherever its chunks split them. They name the window that the
/// compressor used; the reference gives the decompressor the largest one, libpng believes them.
/// </summary>
internal struct PngWindow
{
    private const byte Deflate = 8;
    private const byte Largest = 0x70;
    private const byte Level = 0xe0;
    private const int Divisor = 31;

    private int _count;
    private byte _method;
    private byte _flags;
    private int _methodChunk;
    private int _methodAt;
    private int _flagsChunk;
    private int _flagsAt;

    /// <summary>Whether the bytes are valid and name a window below the largest.</summary>
    public readonly bool IsSmall =>
        _count == 2 && (_method & 15) == Deflate && _method < Largest && ((_method << 8) | _flags) % Divisor == 0;

    /// <summary>Looks at a chunk of pixels that begins at <paramref name="chunk"/>.</summary>
    public void Add(int chunk, ReadOnlySpan<byte> data)
    {
        for (int at = 0; at < data.Length && _count < 2; at++, _count++)
        {
            if (_count == 0)
                (_method, _methodChunk, _methodAt) = (data[at], chunk, chunk + 8 + at);
            else
                (_flags, _flagsChunk, _flagsAt) = (data[at], chunk, chunk + 8 + at);
        }
    }

    /// <summary>Names the largest window instead.</summary>
    public readonly void Repair(Span<byte> file)
    {
        if (!IsSmall)
            return;
        byte method = Largest | Deflate;
        int flags = _flags & Level;
        Replace(file, _methodChunk, _methodAt, method);
        Replace(file, _flagsChunk, _flagsAt, (byte)(flags + Divisor - (((method << 8) | flags) % Divisor)));
    }

    private static void Replace(Span<byte> file, int chunk, int at, byte value)
    {
        file[at] = value;
        PngChunk.Sign(file.Slice(chunk, PngChunk.FrameBytes + BinaryPrimitives.ReadInt32BigEndian(file[chunk..])));
    }
}
