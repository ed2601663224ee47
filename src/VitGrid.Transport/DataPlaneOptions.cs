using VitGrid.Settings;

namespace VitGrid.Transport;

/// <summary>Section <c>DataPlane</c>: what the links between the grid's processes may take.</summary>
public sealed record DataPlaneOptions
{
    /// <summary>The section's name.</summary>
    public const string SectionName = "DataPlane";

    /// <summary>Longest time until a link stands, handshake included.</summary>
    [Setting("longest time until a link between two processes stands, handshake included", Unit = "ms", Min = 1, Max = 600_000)]
    public int ConnectMilliseconds { get; init; } = 2_000;

    /// <summary>Longest time that whoever connects has until it has said who it is, TLS included.</summary>
    [Setting("longest time that whoever connects has until it has said who it is, TLS included", Unit = "ms", Min = 1, Max = 600_000)]
    public int GreetingMilliseconds { get; init; } = 2_000;

    /// <summary>Connections that have not said who they are, at once; for a new one above it the oldest goes.</summary>
    [Setting("connections at once that have not said yet who they are; above it the oldest goes", Unit = "connections", Min = 1,
        Max = 4_096)]
    public int MaxGreetings { get; init; } = 128;

    /// <summary>The same from one address.</summary>
    [Setting("the same from one address", Unit = "connections", Min = 1, Max = 4_096)]
    public int MaxGreetingsPerAddress { get; init; } = 64;

    /// <summary>Links that others may have opened here; workers of the grid are let in above it.</summary>
    [Setting("links that others may have opened to this process; workers of the grid are let in above it", Unit = "links", Min = 1,
        Max = 65_536)]
    public int MaxLinks { get; init; } = 1_024;

    /// <summary>The same from one address.</summary>
    [Setting("the same from one address", Unit = "links", Min = 1, Max = 65_536)]
    public int MaxLinksPerAddress { get; init; } = 256;

    /// <summary>Longest time a link may take to hand over what was accepted before it was closed.</summary>
    [Setting("longest time for a link to hand over what was accepted before it was closed", Unit = "ms", Min = 1, Max = 600_000)]
    public int CloseMilliseconds { get; init; } = 5_000;

    /// <summary>Largest head of a frame. A head that announces more ends its link.</summary>
    [Setting("largest head of a frame; one that announces more ends its link. Alike on all processes", Unit = "bytes", Min = 1 << 10,
        Max = 1 << 20)]
    public int MaxHeadBytes { get; init; } = 64 << 10;

    /// <summary>Largest body of a frame, the pixels or activations of a batch. A body that announces more ends its link.</summary>
    [Setting("largest body of a frame, the pixels or activations of a batch; one that announces more ends its link. Alike on all processes",
        Unit = "bytes", Min = 1, Max = int.MaxValue - 4_095)]
    public int MaxBodyBytes { get; init; } = 1 << 30;

    /// <summary>
    /// Bodies that are announced and not yet received, all links together; a frame above it ends its link. Peers that are no workers of the
    /// grid have half of it.
    /// </summary>
    [Setting("bodies announced and not yet received, all links together; a frame above it ends its link. Half of it is for workers of the "
        + "grid alone", Unit = "bytes", Min = 1 << 20, Max = 1L << 40)]
    public long MaxReceivingBytes { get; init; } = 4L << 30;

    /// <summary>Native memory kept for the next frames.</summary>
    [Setting("memory kept for the next frames", Unit = "bytes", Min = 0, Max = 1L << 40)]
    public long KeptBufferBytes { get; init; } = 512L << 20;
}
