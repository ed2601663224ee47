using System.Text;

namespace VitGrid.Transport;

/// <summary>
/// The first frames of a connection. The one that connects says who it is and which incarnation it expects; the other answers
/// with its own identity or a refusal. Both sides check the cluster. A refusal names nothing: who does not belong here learns neither
/// what the grid is called nor what it should have said.
/// </summary>
internal static class Handshake
{
    /// <summary>Introduces this process; answers who the peer is.</summary>
    /// <exception cref="PeerConnectException">The peer is another one, or refused.</exception>
    public static Hello Greet(Connection connection, NodeIdentity self, long expected)
    {
        connection.Writer.Write(OwnKinds.Hello, new Hello(self, expected).Write(), default);
        Frame answer = connection.Reader.Read();
        if (answer.Kind == OwnKinds.Refusal && answer.Head.Length > 0)
            throw Refused(answer.Head.Span, expected);
        Hello hello = ReadHello(answer);
        if (Objection(self, new(hello.Self, self.Incarnation)) is { } objection)
            throw objection;
        return hello.Self.Incarnation == expected ? hello : throw WrongIncarnation(hello.Self, expected);
    }

    /// <summary>Hears a greeting; tells who the peer is, which is not answered yet.</summary>
    /// <exception cref="PeerConnectException">The peer was refused.</exception>
    public static Hello Hear(Connection connection, NodeIdentity self)
    {
        Hello hello = ReadHello(connection.Reader.Read());
        if (Objection(self, hello) is not { } objection)
            return hello;
        // The same whatever was wrong. To a worker that probes it says that whom it knew is not here any more.
        connection.Writer.Write(OwnKinds.Refusal, [(byte)ConnectFailure.WrongIncarnation], default);
        throw objection;
    }

    /// <summary>Lets the peer in.</summary>
    public static Hello Welcome(Connection connection, NodeIdentity self, Hello peer)
    {
        connection.Writer.Write(OwnKinds.Hello, new Hello(self, peer.Self.Incarnation).Write(), default);
        return peer;
    }

    private static Hello ReadHello(Frame frame) => frame.Kind == OwnKinds.Hello
        ? Hello.Read(frame.Head)
        : throw new FrameException(LinkEndReason.Protocol, $"a frame of kind {frame.Kind} came where a greeting was due");

    /// <summary>Builds before this one give their reason in words.</summary>
    private static PeerConnectException Refused(ReadOnlySpan<byte> refusal, long expected)
    {
        ConnectFailure failure = (ConnectFailure)refusal[0];
        string reason = PeerText.Escape(Encoding.UTF8.GetString(refusal[1..]));
        return new(Enum.IsDefined(failure) ? failure : ConnectFailure.Protocol, reason.Length > 0
            ? reason
            : $"it is not incarnation {expected}, or of another cluster: it has been restarted, or the address belongs to another process "
                + $"now; its log says which");
    }

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
            $"{actual.Node} is not incarnation {expected}, which was expected: it has been restarted, or the address belongs to another "
                + $"process now");
}
