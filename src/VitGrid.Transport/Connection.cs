using System.Net.Sockets;

namespace VitGrid.Transport;

/// <summary>A connected socket with the frames that pass over it; not yet, or no longer, a link.</summary>
/// <param name="socket">The socket.</param>
/// <param name="stream">The same, or TLS over it.</param>
/// <param name="buffers">Memory for bodies.</param>
/// <param name="isFrontEnd">Whether the peer's certificate is a front end's.</param>
internal sealed class Connection(Socket socket, Stream stream, NativeBufferPool buffers, bool isFrontEnd = false) : IDisposable
{
    /// <summary>The peer showed a certificate that lets it be a front end and no more.</summary>
    public bool IsFrontEnd => isFrontEnd;

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
