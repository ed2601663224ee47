using System.Buffers.Binary;
using System.IO.Hashing;

namespace VitGrid.Grains.Transport;

/// <summary>
/// Reads frames from a stream, one after the other. Headers, heads and checksums pass through a small window, so that small
/// frames cost one read; a body is received straight into its own memory and hashed piece by piece as it comes.
/// </summary>
internal sealed class FrameReader(Stream stream, NativeBufferPool buffers)
{
    /// <summary>Received and hashed in one piece at most: fits a core's second-level cache.</summary>
    private const int PieceBytes = 512 << 10;

    private const int WindowBytes = 4096;

    private readonly XxHash3 _hash = new();
    private readonly Courtesy _courtesy = new();
    private readonly byte[] _window = GC.AllocateUninitializedArray<byte>(WindowBytes, pinned: true);
    private readonly byte[] _fixed = GC.AllocateUninitializedArray<byte>(FrameHeader.Bytes, pinned: true);
    private byte[] _head = GC.AllocateUninitializedArray<byte>(1024, pinned: true);
    private int _windowStart;
    private int _windowEnd;
    private uint _sequence;
    private long _received;

    /// <summary>What the next frames may hold.</summary>
    public FrameLimits Limits { get; set; } = FrameLimits.Greeting;

    /// <summary>Bytes received so far; read by any thread.</summary>
    public long Received => Volatile.Read(ref _received);

    /// <summary>The next frame; its head is valid until the next call.</summary>
    /// <exception cref="FrameException">It is damaged or not allowed.</exception>
    /// <exception cref="EndOfStreamException">The stream ended.</exception>
    public async ValueTask<Frame> ReadAsync(CancellationToken cancellation)
    {
        await FillAsync(_fixed, false, cancellation).ConfigureAwait(false);
        FrameHeader header = FrameHeader.Read(_fixed, _sequence++, Limits);
        Memory<byte> head = HeadOf(header.HeadBytes);
        await FillAsync(head, false, cancellation).ConfigureAwait(false);
        if (XxHash3.HashToUInt64(head.Span) != header.HeadChecksum)
            throw Damaged(header, "head");
        NativeBuffer? body = header.BodyBytes == 0 ? null : await ReadBodyAsync(header, cancellation).ConfigureAwait(false);
        return new(header.Kind, head, body);
    }

    /// <summary>Reads and forgets until the stream ends.</summary>
    public async ValueTask DrainAsync(CancellationToken cancellation)
    {
        int count;
        while ((count = await stream.ReadAsync(_window, cancellation).ConfigureAwait(false)) > 0)
            Volatile.Write(ref _received, _received + count);
    }

    private async ValueTask<NativeBuffer> ReadBodyAsync(FrameHeader header, CancellationToken cancellation)
    {
        NativeBuffer body = buffers.Rent((int)header.BodyBytes);
        try
        {
            _hash.Reset();
            _hash.Append(_fixed.AsSpan(FrameHeader.Bytes - FrameHeader.ChecksumBytes));
            await FillAsync(body.Memory, true, cancellation).ConfigureAwait(false);
            Memory<byte> checksum = _fixed.AsMemory(0, FrameHeader.ChecksumBytes);
            await FillAsync(checksum, false, cancellation).ConfigureAwait(false);
            if (BinaryPrimitives.ReadUInt64LittleEndian(checksum.Span) != _hash.GetCurrentHashAsUInt64())
                throw Damaged(header, "body");
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    private async ValueTask FillAsync(Memory<byte> target, bool hashed, CancellationToken cancellation)
    {
        for (int done = 0; done < target.Length;)
        {
            int count = TakeFromWindow(target.Span[done..]);
            if (count == 0 && target.Length - done >= WindowBytes)
                count = await ReceiveAsync(target.Slice(done, Math.Min(PieceBytes, target.Length - done)), cancellation).ConfigureAwait(false);
            else if (count == 0)
                (_windowStart, _windowEnd) = (0, await ReceiveAsync(_window, cancellation).ConfigureAwait(false));
            if (hashed)
                _hash.Append(target.Span.Slice(done, count));
            done += count;
        }
    }

    private int TakeFromWindow(Span<byte> target)
    {
        int count = Math.Min(target.Length, _windowEnd - _windowStart);
        _window.AsSpan(_windowStart, count).CopyTo(target);
        _windowStart += count;
        return count;
    }

    private async ValueTask<int> ReceiveAsync(Memory<byte> target, CancellationToken cancellation)
    {
        int count = await stream.ReadAsync(target, cancellation).ConfigureAwait(false);
        if (count == 0)
            throw new EndOfStreamException("the connection ended without a farewell");
        Volatile.Write(ref _received, _received + count);
        if (_courtesy.IsDue(count))
            await Courtesy.YieldAsync().ConfigureAwait(false);
        return count;
    }

    private Memory<byte> HeadOf(int length)
    {
        if (_head.Length < length)
            _head = GC.AllocateUninitializedArray<byte>(length, pinned: true);
        return _head.AsMemory(0, length);
    }

    private static FrameException Damaged(FrameHeader header, string part) =>
        new(LinkEndReason.Corrupt, $"the {part} of frame {header.Sequence} (kind {header.Kind}, {header.BodyBytes} bytes) does not match its checksum");
}
