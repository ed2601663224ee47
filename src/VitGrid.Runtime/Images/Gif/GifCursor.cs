using System.Buffers.Binary;

namespace VitGrid.Runtime.Images.Gif;

/// <summary>Reads a GIF byte by byte; every read past the end is a refusal.</summary>
internal ref struct GifCursor(ReadOnlySpan<byte> file)
{
    private readonly ReadOnlySpan<byte> _file = file;

    /// <summary>Bytes read so far.</summary>
    public int Position { get; private set; }

    /// <summary>Reads one byte.</summary>
    /// <exception cref="ImageException">The file has ended.</exception>
    public byte Byte() => Bytes(1)[0];

    /// <summary>Reads an unsigned number of two bytes.</summary>
    /// <exception cref="ImageException">The file has ended.</exception>
    public int Short() => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2));

    /// <summary>Steps over <paramref name="count"/> bytes.</summary>
    /// <exception cref="ImageException">The file has ended.</exception>
    public void Skip(int count) => Bytes(count);

    /// <summary>Reads one data block: a length and so many bytes. Empty for the block that ends a series.</summary>
    /// <exception cref="ImageException">The file has ended.</exception>
    public ReadOnlySpan<byte> Block() => Bytes(Byte());

    /// <summary>Reads <paramref name="count"/> bytes.</summary>
    /// <exception cref="ImageException">The file has ended.</exception>
    public ReadOnlySpan<byte> Bytes(int count)
    {
        if (count > _file.Length - Position)
            throw ImageRefusal.Damaged(ImageFormat.Gif, $"ends after {_file.Length} bytes, before its first frame");
        Position += count;
        return _file.Slice(Position - count, count);
    }
}
