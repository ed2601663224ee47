using System.Buffers.Binary;

namespace VitGrid.Runtime.Images.Png;

/// <summary>Walks the chunks of a PNG; one that claims more than the file holds is the last.</summary>
internal ref struct PngChunks(ReadOnlySpan<byte> file)
{
    private readonly ReadOnlySpan<byte> _file = file;
    private int _next = PngChunk.SignatureBytes;

    /// <summary>The chunk that <see cref="MoveNext"/> came to.</summary>
    public PngChunk Current { get; private set; }

    /// <summary>Makes the walk enumerable.</summary>
    public readonly PngChunks GetEnumerator() => this;

    /// <summary>Steps to the next chunk; false behind the last.</summary>
    public bool MoveNext()
    {
        if (_next >= _file.Length)
            return false;
        ReadOnlySpan<byte> rest = _file[_next..];
        long length = rest.Length < PngChunk.FrameBytes
            ? rest.Length
            : BinaryPrimitives.ReadUInt32BigEndian(rest) + (long)PngChunk.FrameBytes;
        Current = new(rest[..(int)Math.Min(length, rest.Length)]);
        _next += Current.Whole.Length;
        return true;
    }
}
