using System.Text;

namespace VitGrid.Transport;

/// <summary>How a process introduces itself, and whom it expects.</summary>
/// <param name="Self">Who it is.</param>
/// <param name="Expected">The incarnation it wants to talk to.</param>
internal sealed record Hello(NodeIdentity Self, long Expected)
{
    /// <summary>As the head of a frame.</summary>
    public byte[] Write()
    {
        using MemoryStream stream = new();
        using (BinaryWriter writer = new(stream, Encoding.UTF8))
        {
            writer.Write(Self.Cluster);
            writer.Write(Self.Node);
            writer.Write(Self.Incarnation);
            writer.Write(Expected);
        }
        return stream.ToArray();
    }

    /// <summary>From the head of a frame.</summary>
    /// <exception cref="FrameException">It is something else.</exception>
    public static Hello Read(ReadOnlyMemory<byte> head)
    {
        try
        {
            using BinaryReader reader = new(new MemoryStream(head.ToArray()), Encoding.UTF8);
            return new(new(reader.ReadString(), reader.ReadString(), reader.ReadInt64()), reader.ReadInt64());
        }
        catch (Exception exception) when (exception is IOException or FormatException or ArgumentException)
        {
            throw new FrameException(LinkEndReason.Protocol, $"the peer's greeting cannot be read: {exception.Message}");
        }
    }
}
