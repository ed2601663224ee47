using System.Net.Sockets;
using VitGrid.Cluster.Contracts;
using VitGrid.Transport;

namespace VitGrid.Cluster.Tests.Remote;

/// <summary>
/// Stands before a process as its Unix socket, takes every connection and ends it in the handshake, as one does that hears no greeting in
/// time; once disposed, the process is reached over TCP.
/// </summary>
internal sealed class BusyEntrance : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vitgrid-busy-");
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly TaskCompletionSource _turnedAway = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public BusyEntrance()
    {
        _socket.Bind(new UnixDomainSocketEndPoint(SocketPath));
        _socket.Listen();
        _ = Task.Run(TurnAwayAsync);
    }

    /// <summary>Completes when a connection was ended.</summary>
    public Task TurnedAway => _turnedAway.Task;

    private string SocketPath => Path.Combine(_folder.FullName, "s");

    /// <summary>The layout, before whose head it stands.</summary>
    public ReplicaLayout Before(ReplicaLayout layout)
    {
        StagePlace first = layout.Stages[0];
        NodeEndpoint endpoint = first.Node.Endpoint! with { UnixSocket = SocketPath, Machine = MachineToken.Current };
        return layout with { Stages = layout.Stages.SetItem(0, first with { Node = first.Node with { Endpoint = endpoint } }) };
    }

    public void Dispose()
    {
        _folder.Refresh();
        if (_folder.Exists)
            _folder.Delete(recursive: true);
        _socket.Dispose();
    }

    private async Task TurnAwayAsync()
    {
        try
        {
            while (true)
            {
                (await _socket.AcceptAsync()).Dispose();
                _turnedAway.TrySetResult();
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }
}
