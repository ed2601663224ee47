using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace VitGrid.Indexing.Tests.Sinks;

/// <summary>
/// Takes itself for PostgreSQL: it has no TLS, asks whoever comes for the password in a way of its choice, and keeps all that it is sent.
/// </summary>
internal sealed class ClearTextServer : IAsyncDisposable
{
    /// <summary>The password itself.</summary>
    public const int Password = 3;

    /// <summary>The password's MD5 with a salt of the server's.</summary>
    public const int Md5 = 5;

    private const int TlsWanted = 80_877_103;

    private readonly TcpListener _listener;
    private readonly int _asks;
    private readonly Task _serving;
    private readonly MemoryStream _heard = new();
    private int _connections;

    public ClearTextServer(int asks, IPAddress? address = null)
    {
        (_asks, _listener) = (asks, new(address ?? IPAddress.Loopback, 0));
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>All that it was sent, as text.</summary>
    public string Heard
    {
        get
        {
            lock (_heard)
                return Encoding.Latin1.GetString(_heard.ToArray());
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using TcpClient client = await _listener.AcceptTcpClientAsync();
                Interlocked.Increment(ref _connections);
                await AskAsync(client.GetStream());
            }
        }
        catch (SocketException)
        {
            // The test is over.
        }
        catch (ObjectDisposedException)
        {
            // The same.
        }
    }

    private async Task AskAsync(NetworkStream stream)
    {
        try
        {
            byte[] first = await StartAsync(stream);
            if (first.Length == 8 && BinaryPrimitives.ReadInt32BigEndian(first.AsSpan(4)) == TlsWanted)
            {
                await stream.WriteAsync("N"u8.ToArray());
                await StartAsync(stream);
            }
            byte[] question = [(byte)'R', 0, 0, 0, (byte)(_asks == Md5 ? 12 : 8), 0, 0, 0, (byte)_asks, .. _asks == Md5 ? "salt"u8 : []];
            await stream.WriteAsync(question);
            byte[] answer = new byte[4_096];
            for (int read; (read = await stream.ReadAsync(answer)) > 0;)
                Keep(answer.AsSpan(0, read));
        }
        catch (IOException)
        {
            // The client has gone.
        }
    }

    /// <summary>A message without a type: its length, then the rest.</summary>
    private async Task<byte[]> StartAsync(NetworkStream stream)
    {
        byte[] length = new byte[4];
        await stream.ReadExactlyAsync(length);
        byte[] whole = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
        length.CopyTo(whole, 0);
        await stream.ReadExactlyAsync(whole.AsMemory(4));
        Keep(whole);
        return whole;
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        lock (_heard)
            _heard.Write(bytes);
    }
}
