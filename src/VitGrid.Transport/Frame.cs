namespace VitGrid.Transport;

/// <summary>What arrived over a link, exactly as it was sent.</summary>
/// <param name="Kind">What the sender called it.</param>
/// <param name="Head">A few fields; valid until the handler completes.</param>
/// <param name="Body">The bulk, the handler's to dispose; null when it was empty.</param>
public readonly record struct Frame(ushort Kind, ReadOnlyMemory<byte> Head, NativeBuffer? Body);

/// <summary>
/// Takes the frames of a link, one at a time and in order. The next is not read before it completes, so a slow handler slows
/// the sender. It must not wait for a large frame of its own on the same link: both sides could wait for each other.
/// </summary>
public delegate ValueTask FrameHandler(Link link, Frame frame);

/// <summary>Called with a peer that has connected; answers who takes its frames.</summary>
public delegate FrameHandler LinkAccepted(Link link);

/// <summary>Kinds of the transport's own frames, which no handler sees.</summary>
internal static class OwnKinds
{
    /// <summary>The least of them; users' kinds lie below.</summary>
    public const ushort First = 0xFF00;

    /// <summary>A peer says who it is; head: <see cref="Hello"/>.</summary>
    public const ushort Hello = 0xFF00;

    /// <summary>The peer's greeting is refused; head: a <see cref="ConnectFailure"/> byte and text.</summary>
    public const ushort Refusal = 0xFF01;

    /// <summary>A keep-alive.</summary>
    public const ushort Ping = 0xFF02;

    /// <summary>The last frame of a link that is closed in order.</summary>
    public const ushort Goodbye = 0xFF03;
}
