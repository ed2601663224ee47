using System.Net.Sockets;
using System.Security.Authentication;

namespace VitGrid.Transport;

/// <summary>What a failure on the way to a link means.</summary>
internal static class ConnectFailures
{
    /// <summary>The failure as callers see it; null if it is none of connecting.</summary>
    public static PeerConnectException? Explain(Exception failure, NodeEndpoint peer, DataPlaneConfiguration options) => failure switch
    {
        PeerConnectException known => known,
        OperationCanceledException => new(
            ConnectFailure.TimedOut,
            $"no link to {peer} within {options.Limits.ConnectMilliseconds} ms (VitGrid:DataPlane:ConnectMilliseconds)",
            failure),
        SocketException socket => FromSocket(socket, peer),
        AuthenticationException => new(ConnectFailure.Untrusted, $"TLS with {peer} failed: {failure.Message}", failure),
        FrameException => new(ConnectFailure.Protocol, $"{peer}: {failure.Message}", failure),
        IOException when options.Tls is not null => new(
            ConnectFailure.Untrusted,
            $"{peer} ended the connection in the handshake: it does not trust this process's certificate, or is going away "
                + $"({failure.Message})", failure),
        IOException => new(ConnectFailure.HandshakeEnded, $"{peer} ended the connection in the handshake: {failure.Message}", failure),
        _ => null,
    };

    private static PeerConnectException FromSocket(SocketException failure, NodeEndpoint peer) => failure.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => new(ConnectFailure.Refused, $"nobody listens at {peer}", failure),
        SocketError.TimedOut => new(ConnectFailure.TimedOut, $"{peer} does not answer", failure),
        _ => new(ConnectFailure.Unreachable, $"{peer} cannot be reached: {failure.Message}", failure),
    };
}
