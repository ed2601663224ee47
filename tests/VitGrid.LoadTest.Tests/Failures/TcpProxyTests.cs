using System.Net;
using System.Net.Sockets;
using VitGrid.LoadTest.Failures;
using VitGrid.LoadTest.Processes;

namespace VitGrid.LoadTest.Tests.Failures;

/// <summary>What stands between two workers changes nothing until it cuts.</summary>
public sealed class TcpProxyTests : IDisposable
{
    private readonly TcpListener _behind = new(IPAddress.Loopback, 0);
    private readonly TcpProxy _proxy;
    private readonly Socket _near = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly int _port = Ports.Take(1)[0];

    public TcpProxyTests()
    {
        _behind.Start();
        _proxy = new(_port, ((IPEndPoint)_behind.LocalEndpoint).Port);
    }

    public void Dispose()
    {
        _near.Dispose();
        _proxy.Dispose();
        _behind.Dispose();
    }

    [Fact]
    public async Task Bytes_pass_in_both_directions()
    {
        using Socket far = await ConnectAsync();
        await _near.SendAsync("there"u8.ToArray());
        Assert.Equal("there", await ReadAsync(far, 5));
        await far.SendAsync("back"u8.ToArray());
        Assert.Equal("back", await ReadAsync(_near, 4));
    }

    [Fact]
    public async Task The_last_bytes_before_an_end_arrive_and_the_other_direction_stays_open()
    {
        using Socket far = await ConnectAsync();
        await _near.SendAsync("last"u8.ToArray());
        _near.Shutdown(SocketShutdown.Send);
        Assert.Equal("last", await ReadAsync(far, 4));
        Assert.Equal(0, await far.ReceiveAsync(new byte[1]));
        await far.SendAsync("done"u8.ToArray());
        Assert.Equal("done", await ReadAsync(_near, 4));
    }

    [Fact]
    public async Task A_cut_resets_both_sides_and_lets_new_connections_through()
    {
        using Socket far = await ConnectAsync();
        await _near.SendAsync("x"u8.ToArray());
        await ReadAsync(far, 1);
        Assert.Equal(1, _proxy.Cut());
        await Assert.ThrowsAsync<SocketException>(() => _near.ReceiveAsync(new byte[1]));
        await Assert.ThrowsAsync<SocketException>(() => far.ReceiveAsync(new byte[1]));

        using Socket again = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await again.ConnectAsync(IPAddress.Loopback, _port);
        using Socket farAgain = await _behind.AcceptSocketAsync();
        await again.SendAsync("new"u8.ToArray());
        Assert.Equal("new", await ReadAsync(farAgain, 3));
    }

    [Fact]
    public async Task Nobody_behind_it_resets_the_connection()
    {
        _behind.Stop();
        await Assert.ThrowsAsync<SocketException>(async () =>
        {
            await _near.ConnectAsync(IPAddress.Loopback, _port);
            await _near.ReceiveAsync(new byte[1]);
        });
    }

    private async Task<Socket> ConnectAsync()
    {
        await _near.ConnectAsync(IPAddress.Loopback, _port);
        return await _behind.AcceptSocketAsync();
    }

    private static async Task<string> ReadAsync(Socket socket, int length)
    {
        byte[] bytes = new byte[length];
        for (int read = 0; read < length;)
        {
            int more = await socket.ReceiveAsync(bytes.AsMemory(read));
            Assert.NotEqual(0, more);
            read += more;
        }
        return System.Text.Encoding.ASCII.GetString(bytes);
    }
}
