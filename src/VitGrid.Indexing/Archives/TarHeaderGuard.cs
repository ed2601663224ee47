namespace VitGrid.Indexing.Archives;

/// <summary>
/// An archive of which long names and extended headers are bounded: the library makes room for as many bytes as a header claims, before
/// it reads one of them. It reads headers, and hardly anything else, in pieces of one block.
/// </summary>
/// <param name="archive">The archive, which is not owned.</param>
internal sealed class TarHeaderGuard(Stream archive) : Stream
{
    /// <summary>Bytes of a long name or an extended header; tools write some hundreds.</summary>
    public const int MaxMetadataBytes = 1 << 20;

    private const int Block = 512;
    private const int TypeAt = 156;

    private static readonly Range Size = 124..136, Checksum = 148..156;

    public override bool CanRead => true;

    public override bool CanSeek => archive.CanSeek;

    public override bool CanWrite => false;

    public override long Length => archive.Length;

    public override long Position { get => archive.Position; set => archive.Position = value; }

    /// <exception cref="InvalidDataException">A header of metadata claims more than <see cref="MaxMetadataBytes"/>.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.Length != Block)
            return archive.Read(buffer);
        int read = archive.ReadAtLeast(buffer, Block, throwOnEndOfStream: false);
        if (read == Block && "LKxg"u8.Contains(buffer[TypeAt]) && NumberIn(buffer[Size]) is > MaxMetadataBytes and var size
            // The library takes a block for a header whose sum is any number but zero.
            && NumberIn(buffer[Checksum]) > 0)
        {
            throw new InvalidDataException(
                $"a name or extended header claims {size:N0} bytes, the limit is {MaxMetadataBytes:N0}");
        }
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => archive.Seek(offset, origin);

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>Octal digits, or GNU's binary form, which begins with a high bit.</summary>
    private static long NumberIn(ReadOnlySpan<byte> field)
    {
        long number = 0;
        bool isBinary = (field[0] & 0x80) != 0;
        foreach (byte value in isBinary ? field[1..] : field.Trim(" \0"u8))
        {
            if (number > long.MaxValue >> 8)
                return long.MaxValue;
            if (!isBinary && value is not (>= (byte)'0' and <= (byte)'7'))
                break;
            number = isBinary ? (number << 8) | value : (number << 3) | (long)(value - '0');
        }
        return number;
    }
}
