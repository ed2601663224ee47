using System.Buffers.Binary;
using System.IO.Hashing;

namespace VitGrid.Transport;

/// <summary>
/// The first 40 bytes of a frame, little-endian: magic u32, version u16, kind u16, sequence u32, head length u32, body length
/// u64, XxHash3 of the head u64, XxHash3 of the 32 bytes before it u64. The head follows, then the body, then, if there is a
/// body, XxHash3 of the header's own checksum and the body, u64. The body's checksum comes last so that each piece is hashed
/// while it is warm in the cache, on both sides.
/// </summary>
/// <param name="Kind">What the sender calls the frame.</param>
/// <param name="Sequence">How many frames the link carried before it, modulo 2³².</param>
/// <param name="HeadBytes">Length of the head.</param>
/// <param name="BodyBytes">Length of the body.</param>
/// <param name="HeadChecksum">XxHash3 of the head.</param>
internal readonly record struct FrameHeader(ushort Kind, uint Sequence, int HeadBytes, long BodyBytes, ulong HeadChecksum)
{
    /// <summary>Length of a header.</summary>
    public const int Bytes = 40;

    /// <summary>Length of a checksum.</summary>
    public const int ChecksumBytes = 8;

    private const uint Magic = 0x50444756;
    private const ushort Version = 1;
    private const int Checked = Bytes - ChecksumBytes;

    /// <summary>Writes the header with its checksum.</summary>
    public void Write(Span<byte> header)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], Kind);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], Sequence);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], HeadBytes);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], BodyBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], HeadChecksum);
        BinaryPrimitives.WriteUInt64LittleEndian(header[Checked..], XxHash3.HashToUInt64(header[..Checked]));
    }

    /// <summary>Reads a header that is undamaged and within the limits.</summary>
    /// <exception cref="FrameException">It is neither.</exception>
    public static FrameHeader Read(ReadOnlySpan<byte> header, uint expectedSequence, FrameLimits limits)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != Magic)
            throw new FrameException(LinkEndReason.Protocol, "what arrived is not a frame of VitGrid's data plane");
        if (BinaryPrimitives.ReadUInt64LittleEndian(header[Checked..]) != XxHash3.HashToUInt64(header[..Checked]))
            throw new FrameException(LinkEndReason.Corrupt, "a frame's header does not match its checksum");
        if (BinaryPrimitives.ReadUInt16LittleEndian(header[4..]) is var version && version != Version)
            throw new FrameException(
                LinkEndReason.Protocol,
                $"the peer speaks version {version} of the data plane; this process speaks {Version}: run the same release on both");
        FrameHeader read = new(
            BinaryPrimitives.ReadUInt16LittleEndian(header[6..]),
            BinaryPrimitives.ReadUInt32LittleEndian(header[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(header[12..]),
            BinaryPrimitives.ReadInt64LittleEndian(header[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(header[24..]));
        read.Check(expectedSequence, limits);
        return read;
    }

    private void Check(uint expectedSequence, FrameLimits limits)
    {
        if (Sequence != expectedSequence)
            throw new FrameException(
                LinkEndReason.Protocol, $"frame {Sequence} came where {expectedSequence} was due: one was lost or sent twice");
        if (HeadBytes < 0 || HeadBytes > limits.HeadBytes)
            throw new FrameException(
                LinkEndReason.Protocol,
                $"a frame's head has {HeadBytes} bytes; allowed are {limits.HeadBytes} (VitGrid:DataPlane:MaxHeadBytes)");
        if (BodyBytes < 0 || BodyBytes > limits.BodyBytes)
            throw new FrameException(
                LinkEndReason.Protocol,
                $"a frame's body has {BodyBytes} bytes; allowed are {limits.BodyBytes} (VitGrid:DataPlane:MaxBodyBytes)");
    }
}

/// <summary>What a frame may hold.</summary>
/// <param name="HeadBytes">Largest head.</param>
/// <param name="BodyBytes">Largest body.</param>
internal readonly record struct FrameLimits(int HeadBytes, int BodyBytes)
{
    /// <summary>Before a peer is known it may send no body.</summary>
    public static FrameLimits Greeting { get; } = new(4096, 0);
}
