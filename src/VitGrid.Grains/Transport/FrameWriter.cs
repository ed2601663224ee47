using System.Buffers.Binary;
using System.IO.Hashing;

namespace VitGrid.Grains.Transport;

/// <summary>Writes frames to a stream, one after the other. Its owner sees to it that no two are written at once.</summary>
internal sealed class FrameWriter(Stream stream)
{
    /// <summary>Hashed and handed to the kernel in one piece: fits a core's second-level cache.</summary>
    private const int PieceBytes = 256 << 10;

    private readonly XxHash3 _hash = new();
    private readonly byte[] _checksum = GC.AllocateUninitializedArray<byte>(FrameHeader.ChecksumBytes, pinned: true);
    private byte[] _start = GC.AllocateUninitializedArray<byte>(4096, pinned: true);
    private uint _sequence;
    private long _written;

    /// <summary>Bytes written so far; read by any thread.</summary>
    public long Written => Volatile.Read(ref _written);

    /// <summary>Writes one frame; the memory may be reused afterwards.</summary>
    public async ValueTask WriteAsync(ushort kind, ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body)
    {
        await WritePieceAsync(Start(kind, head.Span, body.Length)).ConfigureAwait(false);
        if (body.IsEmpty)
            return;
        for (int done = 0; done < body.Length; done += PieceBytes)
        {
            ReadOnlyMemory<byte> piece = body.Slice(done, Math.Min(PieceBytes, body.Length - done));
            _hash.Append(piece.Span);
            await WritePieceAsync(piece).ConfigureAwait(false);
        }
        BinaryPrimitives.WriteUInt64LittleEndian(_checksum, _hash.GetCurrentHashAsUInt64());
        await WritePieceAsync(_checksum).ConfigureAwait(false);
    }

    private ReadOnlyMemory<byte> Start(ushort kind, ReadOnlySpan<byte> head, int bodyBytes)
    {
        int length = FrameHeader.Bytes + head.Length;
        if (_start.Length < length)
            _start = GC.AllocateUninitializedArray<byte>(length, pinned: true);
        new FrameHeader(kind, _sequence++, head.Length, bodyBytes, XxHash3.HashToUInt64(head)).Write(_start);
        head.CopyTo(_start.AsSpan(FrameHeader.Bytes));
        _hash.Reset();
        _hash.Append(_start.AsSpan(FrameHeader.Bytes - FrameHeader.ChecksumBytes, FrameHeader.ChecksumBytes));
        return _start.AsMemory(0, length);
    }

    private async ValueTask WritePieceAsync(ReadOnlyMemory<byte> piece)
    {
        await stream.WriteAsync(piece).ConfigureAwait(false);
        Volatile.Write(ref _written, _written + piece.Length);
    }
}
