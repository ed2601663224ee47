using System.Net;
using System.Net.Sockets;

namespace VitGrid.Transport.Tests;

/// <summary>The other end of a link as bare bytes, to do what a data plane never would.</summary>
internal sealed class RawPeer : IDisposable
{
    private readonly Socket _socket = Sockets.Tcp(AddressFamily.InterNetwork);
    private readonly MemoryStream _bytes = new();
    private readonly NativeBufferPool _buffers = new(0);
    private readonly FrameWriter _writer;
    private readonly FrameReader _reader;

    public RawPeer(DataPlane plane)
    {
        _socket.Connect(IPAddress.Loopback, plane.Endpoint.Port);
        _writer = new(_bytes);
        _reader = new(new NetworkStream(_socket), _buffers);
    }

    /// <summary>Connects to the right one and shakes hands.</summary>
    public static async Task<(RawPeer Raw, Link Link)> GreetAsync(PlanePair pair)
    {
        RawPeer raw = new(pair.Right);
        raw.Send(raw.Frame(OwnKinds.Hello, new Hello(new("grid", "raw", 1), PlanePair.RightIncarnation).Write()));
        Assert.Equal(OwnKinds.Hello, (await raw.ReadAsync()).Kind);
        return (raw, await pair.AcceptedAsync());
    }

    /// <summary>The bytes of the next frame.</summary>
    public byte[] Frame(ushort kind, ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body = default)
    {
        _bytes.SetLength(0);
        _writer.Write(kind, head.Span, body.Span);
        return _bytes.ToArray();
    }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[_socket.Send(bytes)..];
    }

    public Task<Frame> ReadAsync() => OnOwnThread(_reader.Read);

    /// <summary>Waits until the other side closes the connection, whatever it sends before.</summary>
    public async Task ClosedAsync()
    {
        try
        {
            await OnOwnThread(() =>
            {
                _reader.Drain();
                return true;
            });
        }
        catch (IOException)
        {
            // A reset is a close, too.
        }
    }

    /// <summary>Ends as a killed process does: without a word, by a reset if asked.</summary>
    public void Die(bool reset)
    {
        if (reset)
            _socket.LingerState = new(true, 0);
        _socket.Dispose();
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>Reads block: a hundred of them on the pool's threads would leave none for what they wait for.</summary>
    private static Task<T> OnOwnThread<T>(Func<T> read) =>
        Task.Factory.StartNew(read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
