using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace VitGrid.LoadTest.Failures;

/// <summary>
/// Stands between the workers' data ports, so that their connections can be cut: bytes in, bytes out, until <see cref="Cut"/>.
/// </summary>
internal sealed class TcpProxy : IDisposable
{
    private const int BufferBytes = 1 << 18;

    private readonly TcpListener _listener;
    private readonly IPEndPoint _target;
    private readonly ConcurrentDictionary<Socket, byte> _open = new();
    private long _bytesIn;

    /// <summary>Listens on <paramref name="port"/> and hands on to <paramref name="targetPort"/>, both of 127.0.0.1.</summary>
    public TcpProxy(int port, int targetPort)
    {
        _target = new(IPAddress.Loopback, targetPort);
        _listener = new(IPAddress.Loopback, port);
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>Bytes handed on to the target so far.</summary>
    public long BytesIn => Interlocked.Read(ref _bytesIn);

    /// <summary>Breaks every connection with a reset; new ones are taken.</summary>
    /// <returns>How many connections broke.</returns>
    public int Cut()
    {
        Socket[] sockets = [.. _open.Keys];
        foreach (Socket socket in sockets)
            Break(socket);
        return sockets.Length / 2;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _listener.Dispose();
        Cut();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptSocketAsync());
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The listener was closed: Dispose.
        }
    }

    private async Task ServeAsync(Socket near)
    {
        Socket far = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _open[near] = _open[far] = 0;
        try
        {
            await far.ConnectAsync(_target);
            near.NoDelay = far.NoDelay = true;
            // Both before the first byte moves: a stream cannot be made on a socket of which one direction has already ended.
            using NetworkStream nearStream = new(near), farStream = new(far);
            await Task.WhenAll(CopyAsync(nearStream, farStream, count: true), CopyAsync(farStream, nearStream, count: false));
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException)
        {
            // Nobody listens behind, one side was reset, or it was cut: both sides see a reset.
            Break(near);
            Break(far);
        }
        Close(near);
        Close(far);
    }

    /// <summary>An end is handed on behind the last byte, so that a peer that finishes its work and leaves loses nothing here.</summary>
    private async Task CopyAsync(NetworkStream from, NetworkStream to, bool count)
    {
        try
        {
            byte[] buffer = new byte[BufferBytes];
            for (int read = await from.ReadAsync(buffer); read > 0; read = await from.ReadAsync(buffer))
            {
                Interlocked.Add(ref _bytesIn, count ? read : 0);
                await to.WriteAsync(buffer.AsMemory(0, read));
            }
            to.Socket.Shutdown(SocketShutdown.Send);
        }
        catch
        {
            Break(from.Socket);
            Break(to.Socket);
            throw;
        }
    }

    private void Close(Socket socket)
    {
        if (_open.TryRemove(socket, out _))
            socket.Dispose();
    }

    private void Break(Socket socket)
    {
        if (_open.TryRemove(socket, out _))
            socket.Close(timeout: 0);
    }
}
