using System.Text;

namespace VitGrid.Transport;

/// <summary>How a process introduces itself, and whom it expects.</summary>
/// <param name="Self">Who it is.</param>
/// <param name="Expected">The incarnation it wants to talk to.</param>
internal sealed record Hello(NodeIdentity Self, long Expected)
{
    /// <summary>
    /// What this build speaks: 2 since exchanges have ids of 128 bits, 3 since images have features, 4 since they may be planes. Builds
    /// before 2 say nothing, and pass over it.
    /// </summary>
    public const byte Current = 4;

    /// <summary>What the process speaks.</summary>
    public byte Protocol { get; init; } = Current;

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
            writer.Write(Protocol);
        }
        return stream.ToArray();
    }

    /// <summary>From the head of a frame.</summary>
    /// <exception cref="FrameException">It is something else, or a name is none.</exception>
    public static Hello Read(ReadOnlyMemory<byte> head)
    {
        Hello hello = Parse(head);
        foreach (string name in (string[])[hello.Self.Cluster, hello.Self.Node])
        {
            if (!PeerText.IsName(name))
                throw new FrameException(LinkEndReason.Protocol, $"the peer's greeting has '{PeerText.Escape(name)}' for a name; "
                    + $"allowed are 1 to {PeerText.MaxNameLength} visible ASCII characters");
        }
        return hello;
    }

    private static Hello Parse(ReadOnlyMemory<byte> head)
    {
        try
        {
            using BinaryReader reader = new(new MemoryStream(head.ToArray()), Encoding.UTF8);
            Hello hello = new(new(reader.ReadString(), reader.ReadString(), reader.ReadInt64()), reader.ReadInt64());
            return hello with { Protocol = reader.BaseStream.Position < head.Length ? reader.ReadByte() : (byte)1 };
        }
        catch (Exception exception) when (exception is IOException or FormatException or ArgumentException)
        {
            throw new FrameException(LinkEndReason.Protocol, $"the peer's greeting cannot be read: {exception.Message}");
        }
    }
}
