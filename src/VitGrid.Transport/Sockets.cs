using System.Net;
using System.Net.Sockets;

namespace VitGrid.Transport;

/// <summary>
/// How the data plane makes its sockets. TCP keeps the system's own sizing of its buffers, which grow with the distance; a fixed
/// size would be cut to a system-wide limit that is small by default.
/// </summary>
internal static class Sockets
{
    /// <summary>Of a Unix socket, whose default of 208 KiB makes two processes take turns instead of working at once.</summary>
    private const int UnixBufferBytes = 1 << 20;

    /// <summary>Over TCP, for a name or an address.</summary>
    public static Socket Tcp(AddressFamily family) => Tune(new(family, SocketType.Stream, ProtocolType.Tcp));

    /// <summary>Over TCP, for whatever address a name has.</summary>
    public static Socket Tcp() => Tune(new(SocketType.Stream, ProtocolType.Tcp));

    /// <summary>Within one machine.</summary>
    public static Socket Unix() => Tune(new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified));

    /// <summary>Prepares a socket, made here or accepted.</summary>
    public static Socket Tune(Socket socket)
    {
        if (socket.AddressFamily == AddressFamily.Unix)
            (socket.SendBufferSize, socket.ReceiveBufferSize) = (UnixBufferBytes, UnixBufferBytes);
        else
            socket.NoDelay = true;
        return socket;
    }

    /// <summary>Where an accepted socket comes from; <see cref="IPAddress.None"/> for this machine's Unix sockets.</summary>
    public static IPAddress AddressOf(Socket accepted) => accepted.RemoteEndPoint is IPEndPoint { Address: var address }
        ? address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address
        : IPAddress.None;

    /// <summary>A socket that listens.</summary>
    public static Socket Listen(Socket socket, EndPoint at)
    {
        socket.Bind(at);
        socket.Listen(512);
        return socket;
    }

    /// <summary>
    /// Calls what blocks on <paramref name="held"/>, a socket or what owns one, until it is done or cancelled. Nothing interrupts a call
    /// that blocks but the end of its socket.
    /// </summary>
    /// <exception cref="OperationCanceledException">It was cancelled, and <paramref name="held"/> is disposed.</exception>
    public static T Interruptibly<T>(IDisposable held, Func<T> work, CancellationToken cancellationToken)
    {
        try
        {
            using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
                static held => ((IDisposable)held!).Dispose(), held);
            T result = work();
            cancellationToken.ThrowIfCancellationRequested();
            return result;
        }
        catch (Exception exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(exception.Message, exception, cancellationToken);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }
}
