namespace VitGrid.Transport;

/// <summary>Why no link to a peer came about.</summary>
public enum ConnectFailure
{
    /// <summary>Nobody listens there.</summary>
    Refused,

    /// <summary>No answer in time.</summary>
    TimedOut,

    /// <summary>The name or the network does not lead there.</summary>
    Unreachable,

    /// <summary>The peer belongs to another cluster.</summary>
    WrongCluster,

    /// <summary>The process there is another incarnation.</summary>
    WrongIncarnation,

    /// <summary>One side does not trust the other's certificate, or has none.</summary>
    Untrusted,

    /// <summary>What answers is no data plane, or one of another version.</summary>
    Protocol,

    /// <summary>
    /// The connection was taken and ended in the handshake: the process has ended in that moment, or is too busy to hear a greeting in
    /// time.
    /// </summary>
    HandshakeEnded,
}

/// <summary>No link to a peer came about.</summary>
public sealed class PeerConnectException(ConnectFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Why.</summary>
    public ConnectFailure Failure { get; } = failure;
}
