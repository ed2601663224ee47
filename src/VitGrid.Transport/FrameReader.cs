using System.Buffers.Binary;
using System.IO.Hashing;

namespace VitGrid.Transport;

/// <summary>
/// Reads frames from a stream, one after the other. Headers, heads and checksums pass through a small window, so that small
/// frames cost one read; a body is received straight into its own memory and hashed piece by piece as it comes.
/// </summary>
internal sealed class FrameReader(Stream stream, NativeBufferPool buffers)
{
    private const int WindowBytes = 4096;

    private readonly XxHash3 _hash = new();
    private readonly byte[] _window = GC.AllocateUninitializedArray<byte>(WindowBytes, pinned: true);
    private readonly byte[] _fixed = GC.AllocateUninitializedArray<byte>(FrameHeader.Bytes, pinned: true);
    private byte[] _head = GC.AllocateUninitializedArray<byte>(1024, pinned: true);
    private int _windowStart;
    private int _windowEnd;
    private uint _sequence;
    private long _received;

    /// <summary>What the next frames may hold.</summary>
    public FrameLimits Limits { get; set; } = FrameLimits.Greeting;

    /// <summary>The largest body of a kind, null: the kind may not come. Asked before anything after the header is read.</summary>
    public Func<ushort, int?> Gate { get; set; } = _ => int.MaxValue;

    /// <summary>Takes room for a body that was announced, until what it gives is disposed; null: there is none.</summary>
    public Func<long, IDisposable?> Reserve { get; set; } = bytes => new ReceiveBudget(long.MaxValue).TryTake(bytes, true);

    /// <summary>Bytes received so far; read by any thread.</summary>
    public long Received => Volatile.Read(ref _received);

    /// <summary>The next frame; its head is valid until the next call.</summary>
    /// <exception cref="FrameException">It is damaged or not allowed.</exception>
    /// <exception cref="EndOfStreamException">The stream ended.</exception>
    public Frame Read()
    {
        Fill(_fixed, false);
        FrameHeader header = FrameHeader.Read(_fixed, _sequence++, Limits);
        Check(header);
        Memory<byte> head = HeadOf(header.HeadBytes);
        Fill(head.Span, false);
        if (XxHash3.HashToUInt64(head.Span) != header.HeadChecksum)
            throw Damaged(header, "head");
        NativeBuffer? body = header.BodyBytes == 0 ? null : ReadBody(header);
        return new(header.Kind, head, body);
    }

    /// <summary>Reads and forgets until the stream ends.</summary>
    public void Drain()
    {
        int count;
        while ((count = stream.Read(_window)) > 0)
            Volatile.Write(ref _received, _received + count);
    }

    private void Check(FrameHeader header)
    {
        // The transport's own frames have none.
        if ((header.Kind < OwnKinds.First ? Gate(header.Kind) : 0) is not { } most)
            throw new FrameException(LinkEndReason.Protocol, $"a frame of kind {header.Kind} came, which may not come over this link");
        if (header.BodyBytes > most)
            throw new FrameException(LinkEndReason.Protocol,
                $"a frame of kind {header.Kind} has a body of {header.BodyBytes} bytes; allowed are {most} over this link");
    }

    private NativeBuffer ReadBody(FrameHeader header)
    {
        using IDisposable room = Reserve(header.BodyBytes) ?? throw new FrameException(LinkEndReason.Protocol,
            $"a body of {header.BodyBytes} bytes is announced while others fill the bound (VitGrid:DataPlane:MaxReceivingBytes)");
        NativeBuffer body = buffers.Rent((int)header.BodyBytes);
        try
        {
            _hash.Reset();
            _hash.Append(_fixed.AsSpan(FrameHeader.Bytes - FrameHeader.ChecksumBytes));
            Fill(body.GetSpan(), true);
            Span<byte> checksum = _fixed.AsSpan(0, FrameHeader.ChecksumBytes);
            Fill(checksum, false);
            if (BinaryPrimitives.ReadUInt64LittleEndian(checksum) != _hash.GetCurrentHashAsUInt64())
                throw Damaged(header, "body");
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    private void Fill(Span<byte> target, bool hashed)
    {
        Chunks chunks = Chunks.For(target.Length);
        while (!target.IsEmpty)
        {
            int count = ReadFromWindow(target);
            if (count == 0 && target.Length >= WindowBytes)
                count = Receive(target[..Math.Min(chunks.Bytes, target.Length)]);
            else if (count == 0)
                (_windowStart, _windowEnd) = (0, Receive(_window));
            if (hashed)
                _hash.Append(target[..count]);
            target = target[count..];
            if (chunks.Yields)
                TransferThread.Yield();
        }
    }

    private int ReadFromWindow(Span<byte> target)
    {
        int count = Math.Min(target.Length, _windowEnd - _windowStart);
        _window.AsSpan(_windowStart, count).CopyTo(target);
        _windowStart += count;
        return count;
    }

    private int Receive(Span<byte> target)
    {
        int count = stream.Read(target);
        if (count == 0)
            throw new EndOfStreamException("the connection ended without a goodbye");
        Volatile.Write(ref _received, _received + count);
        return count;
    }

    private Memory<byte> HeadOf(int length)
    {
        if (_head.Length < length)
            _head = GC.AllocateUninitializedArray<byte>(length, pinned: true);
        return _head.AsMemory(0, length);
    }

    private static FrameException Damaged(FrameHeader header, string part) =>
        new(LinkEndReason.Corrupt,
            $"the {part} of frame {header.Sequence} (kind {header.Kind}, {header.BodyBytes} bytes) does not match its checksum");
}
