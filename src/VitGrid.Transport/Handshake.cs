using System.Text;

namespace VitGrid.Transport;

/// <summary>
/// The first frames of a connection. The one that connects says who it is and which incarnation it expects; the other answers
/// with its own identity or a refusal. Both sides check the cluster.
/// </summary>
internal static class Handshake
{
    /// <summary>Introduces this process; answers who the peer is.</summary>
    /// <exception cref="PeerConnectException">The peer is another one, or refused.</exception>
    public static NodeIdentity Greet(Connection connection, NodeIdentity self, long expected)
    {
        connection.Writer.Write(OwnKinds.Hello, new Hello(self, expected).Write(), default);
        Frame answer = connection.Reader.Read();
        if (answer.Kind == OwnKinds.Refusal && answer.Head.Length > 0)
            throw new PeerConnectException((ConnectFailure)answer.Head.Span[0], Encoding.UTF8.GetString(answer.Head.Span[1..]));
        Hello hello = ReadHello(answer);
        if (Objection(self, new(hello.Self, self.Incarnation)) is { } objection)
            throw objection;
        return hello.Self.Incarnation == expected ? hello.Self : throw WrongIncarnation(hello.Self, expected);
    }

    /// <summary>Answers a greeting; tells who the peer is.</summary>
    /// <exception cref="PeerConnectException">The peer was refused.</exception>
    public static NodeIdentity Answer(Connection connection, NodeIdentity self)
    {
        Hello hello = ReadHello(connection.Reader.Read());
        PeerConnectException? objection = Objection(self, hello);
        byte[] head = objection is null
            ? new Hello(self, hello.Self.Incarnation).Write()
            : [(byte)objection.Failure, .. Encoding.UTF8.GetBytes(objection.Message)];
        ushort kind = objection is null ? OwnKinds.Hello : OwnKinds.Refusal;
        connection.Writer.Write(kind, head, default);
        return objection is null ? hello.Self : throw objection;
    }

    private static Hello ReadHello(Frame frame) => frame.Kind == OwnKinds.Hello
        ? Hello.Read(frame.Head)
        : throw new FrameException(LinkEndReason.Protocol, $"a frame of kind {frame.Kind} came where a greeting was due");

    private static PeerConnectException? Objection(NodeIdentity self, Hello hello)
    {
        if (hello.Self.Cluster != self.Cluster)
            return new(ConnectFailure.WrongCluster,
                $"{self.Node} belongs to cluster '{self.Cluster}' and {hello.Self.Node} to '{hello.Self.Cluster}'; processes of different "
                    + $"clusters do not talk");
        return hello.Expected == self.Incarnation ? null : WrongIncarnation(self, hello.Expected);
    }

    private static PeerConnectException WrongIncarnation(NodeIdentity actual, long expected) =>
        new(ConnectFailure.WrongIncarnation,
            $"{actual.Node} runs as incarnation {actual.Incarnation}; {expected} was expected: it has been restarted, or the address "
                + $"belongs to another process now");
}
