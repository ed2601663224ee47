using System.Net.Sockets;

namespace VitGrid.Transport;

/// <summary>A connected socket with the frames that pass over it; not yet, or no longer, a link.</summary>
internal sealed class Connection(Socket socket, Stream stream, NativeBufferPool buffers) : IDisposable
{
    /// <summary>What comes in.</summary>
    public FrameReader Reader { get; } = new(stream, buffers);

    /// <summary>What goes out.</summary>
    public FrameWriter Writer { get; } = new(stream);

    /// <summary>Tells the peer that nothing more comes.</summary>
    public void EndSending() => socket.Shutdown(SocketShutdown.Send);

    /// <summary>Breaks whatever is under way.</summary>
    public void Dispose()
    {
        socket.Dispose();
        stream.Dispose();
    }
}
