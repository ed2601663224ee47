using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace VitGrid.LoadTest.CacheTrouble;

/// <summary>Stands before a server and hands on what it says later, as long as <see cref="Delay"/> is not zero.</summary>
internal sealed class SlowProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<Socket> _sockets = [];
    private readonly IPEndPoint _target;
    private long _delay;

    public SlowProxy(string target)
    {
        _target = IPEndPoint.Parse(target);
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>HOST:PORT.</summary>
    public string Address => _listener.LocalEndpoint.ToString()!;

    /// <summary>How long each answer is held.</summary>
    public TimeSpan Delay
    {
        get => new(Interlocked.Read(ref _delay));
        set => Interlocked.Exchange(ref _delay, value.Ticks);
    }

    public void Dispose()
    {
        _listener.Dispose();
        foreach (Socket socket in _sockets)
            socket.Dispose();
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
            // Dispose.
        }
    }

    private async Task ServeAsync(Socket near)
    {
        Socket far = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _sockets.Add(near);
        _sockets.Add(far);
        try
        {
            await far.ConnectAsync(_target);
            await Task.WhenAny(CopyAsync(near, far, () => TimeSpan.Zero), CopyAsync(far, near, () => Delay));
        }
        catch (SocketException)
        {
            // Nobody listens behind.
        }
        near.Dispose();
        far.Dispose();
    }

    private static async Task CopyAsync(Socket from, Socket to, Func<TimeSpan> delay)
    {
        byte[] buffer = new byte[1 << 16];
        for (int read = await from.ReceiveAsync(buffer); read > 0; read = await from.ReceiveAsync(buffer))
        {
            await Task.Delay(delay());
            await to.SendAsync(buffer.AsMemory(0, read));
        }
    }
}
