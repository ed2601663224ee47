namespace VitGrid.Transport;

/// <summary>
/// The largest body that a frame of a kind may have on a link, in bytes; null: none of that kind may come over it. Asked with each frame's
/// header, before anything more of the frame is read. Any thread.
/// </summary>
public delegate int? FrameGate(Link link, ushort kind);

/// <summary>What the owner of a data plane knows of its peers.</summary>
public sealed record LinkRules
{
    /// <summary>What may come over a link; null: everything, up to <see cref="DataPlaneOptions.MaxBodyBytes"/>.</summary>
    public FrameGate? Gate { get; init; }

    /// <summary>Whether a peer is one of the grid's workers: it has its place when links or bytes are short.</summary>
    public Func<NodeIdentity, bool> IsKnown { get; init; } = _ => false;
}
