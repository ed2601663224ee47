using System.Buffers.Binary;
using System.IO.Hashing;

namespace VitGrid.Transport;

/// <summary>
/// Writes frames to a stream, one after the other. Its owner sees to it that no two are written at once. A body goes out
/// piece by piece from its own memory; its first and last bytes travel with the header and the checksum, since a write of a few
/// bytes would wake the receiver for nothing.
/// </summary>
internal sealed class FrameWriter(Stream stream)
{
    /// <summary>Bytes of a body that are copied beside the header, and beside the checksum.</summary>
    private const int EdgeBytes = 8 << 10;

    private readonly XxHash3 _hash = new();
    private byte[] _edge = GC.AllocateUninitializedArray<byte>(4096, pinned: true);
    private uint _sequence;

    /// <summary>Writes one frame; the memory may be reused afterwards.</summary>
    public void Write(ushort kind, ReadOnlySpan<byte> head, ReadOnlySpan<byte> body)
    {
        int first = Math.Min(EdgeBytes, body.Length);
        int last = Math.Min(EdgeBytes, body.Length - first);
        int length = Start(kind, head, body.Length, body[..first]);
        if (!body.IsEmpty && last == 0)
            length = AppendChecksum(length);
        stream.Write(_edge.AsSpan(0, length));
        Chunks chunks = Chunks.For(body.Length);
        for (int done = first; done < body.Length - last; done += chunks.Bytes)
        {
            ReadOnlySpan<byte> piece = body.Slice(done, Math.Min(chunks.Bytes, body.Length - last - done));
            _hash.Append(piece);
            stream.Write(piece);
            if (chunks.Yields)
                TransferThread.Yield();
        }
        if (last > 0)
            stream.Write(_edge.AsSpan(0, AppendChecksum(Append(0, body[^last..]))));
    }

    private int Start(ushort kind, ReadOnlySpan<byte> head, int bodyBytes, ReadOnlySpan<byte> first)
    {
        int length = FrameHeader.Bytes + head.Length;
        int capacity = Math.Max(length + first.Length, bodyBytes == 0 ? 0 : EdgeBytes) + FrameHeader.ChecksumBytes;
        if (_edge.Length < capacity)
            _edge = GC.AllocateUninitializedArray<byte>(capacity, pinned: true);
        new FrameHeader(kind, _sequence++, head.Length, bodyBytes, XxHash3.HashToUInt64(head)).Write(_edge);
        head.CopyTo(_edge.AsSpan(FrameHeader.Bytes));
        _hash.Reset();
        _hash.Append(_edge.AsSpan(FrameHeader.Bytes - FrameHeader.ChecksumBytes, FrameHeader.ChecksumBytes));
        return Append(length, first);
    }

    private int Append(int length, ReadOnlySpan<byte> part)
    {
        _hash.Append(part);
        part.CopyTo(_edge.AsSpan(length));
        return length + part.Length;
    }

    private int AppendChecksum(int length)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_edge.AsSpan(length), _hash.GetCurrentHashAsUInt64());
        return length + FrameHeader.ChecksumBytes;
    }
}
