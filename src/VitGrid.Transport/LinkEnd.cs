namespace VitGrid.Transport;

/// <summary>Why a link ended.</summary>
public enum LinkEndReason
{
    /// <summary>This side closed it.</summary>
    Closed,

    /// <summary>The peer closed it after handing over all it had accepted.</summary>
    PeerClosed,

    /// <summary>The connection broke without a goodbye: the peer's process or the network is gone.</summary>
    Reset,

    /// <summary>Nothing came from the peer for too long.</summary>
    Silent,

    /// <summary>Bytes arrived otherwise than they were sent.</summary>
    Corrupt,

    /// <summary>The peer did what the protocol forbids.</summary>
    Protocol,

    /// <summary>The handler of this side's frames threw.</summary>
    HandlerFailed,
}

/// <summary>How a link ended.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Message">What happened, for people.</param>
public sealed record LinkEnd(LinkEndReason Reason, string Message)
{
    /// <summary>
    /// Whether it broke; otherwise one side closed it in order, as a process does that leaves or that only asked for a keep-alive.
    /// </summary>
    public bool IsBreak => Reason is not (LinkEndReason.Closed or LinkEndReason.PeerClosed);
}

/// <summary>A frame could not be sent because its link has ended. Whether an earlier frame arrived is not known.</summary>
public sealed class LinkEndedException(LinkEnd end, Exception? inner = null) : Exception(end.Message, inner)
{
    /// <summary>How the link ended.</summary>
    internal LinkEnd End { get; } = end;
}

/// <summary>What arrived ends the link.</summary>
internal sealed class FrameException(LinkEndReason reason, string message) : Exception(message)
{
    /// <summary><see cref="LinkEndReason.Corrupt"/> or <see cref="LinkEndReason.Protocol"/>.</summary>
    public LinkEndReason Reason { get; } = reason;
}
