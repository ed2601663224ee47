using VitGrid.Engine.Features;
using VitGrid.Transport;

namespace VitGrid.Cluster.Remote;

/// <summary>Who may send a kind of frame, over which links, and how large.</summary>
/// <param name="Kind">One of <see cref="FrameKinds"/>.</param>
/// <param name="Sender">Who sends it.</param>
/// <param name="Way">Over which links it comes.</param>
/// <param name="MaxBody">The largest body, in bytes; null: <see cref="DataPlaneOptions.MaxBodyBytes"/>.</param>
internal sealed record FrameRule(ushort Kind, FrameSender Sender, FrameWay Way, int? MaxBody = 0)
{
    /// <summary>Whether it may come over <paramref name="link"/>.</summary>
    public bool Allows(Link link) => IsWay(link.IsOpenedHere) && Sender switch
    {
        FrameSender.Anybody => true,
        FrameSender.AnyWorker => !link.IsFrontEnd,
        _ => link.IsKnown,
    };

    private bool IsWay(bool isOpenedHere) => Way == FrameWay.Both || isOpenedHere == (Way == FrameWay.Opened);
}

/// <summary>Who sends a kind of frame.</summary>
internal enum FrameSender
{
    /// <summary>Front ends and workers.</summary>
    Anybody,

    /// <summary>Whoever may be a worker; what comes of others than known ones is passed over.</summary>
    AnyWorker,

    /// <summary>Workers that this process knows.</summary>
    KnownWorker,
}

/// <summary>Over which links a kind of frame comes.</summary>
internal enum FrameWay
{
    /// <summary>Those that the sender opened.</summary>
    Accepted,

    /// <summary>Those that this process opened: it is an answer.</summary>
    Opened,

    /// <summary>Either.</summary>
    Both,
}

/// <summary>The one table of what may come from whom.</summary>
internal static class FrameRules
{
    /// <summary>The largest table; a larger one is not passed on, and each process asks the planner for it.</summary>
    public const int MaxTable = 1 << 20;

    /// <summary>The largest vectors of an image.</summary>
    private const int MaxVectors = 1 << 20;

    /// <summary>
    /// What links speak whose processes know features: other builds would end the link over a frame that they do not know.
    /// </summary>
    public const int FeatureProtocol = 3;

    /// <summary>What links speak whose processes know images of planes: other builds would take them for pixels.</summary>
    public const int PlaneProtocol = 4;

    /// <summary>The largest piece of features.</summary>
    private const int MaxPiece = FeatureBlock.ChunkBytes;

    /// <summary>The largest vectors of a batch.</summary>
    private const int MaxPooled = 64 << 20;

    private static readonly Dictionary<ushort, FrameRule> Rules = new FrameRule[]
    {
        new(FrameKinds.Image, FrameSender.Anybody, FrameWay.Accepted, null),
        new(FrameKinds.Cancel, FrameSender.Anybody, FrameWay.Accepted),
        new(FrameKinds.Answer, FrameSender.KnownWorker, FrameWay.Opened, MaxVectors),
        new(FrameKinds.Refusal, FrameSender.KnownWorker, FrameWay.Opened),
        new(FrameKinds.Batch, FrameSender.KnownWorker, FrameWay.Accepted, null),
        new(FrameKinds.Credit, FrameSender.KnownWorker, FrameWay.Opened),
        new(FrameKinds.StaleBatch, FrameSender.KnownWorker, FrameWay.Opened),
        new(FrameKinds.Pooled, FrameSender.KnownWorker, FrameWay.Accepted, MaxPooled),
        new(FrameKinds.BatchFailed, FrameSender.KnownWorker, FrameWay.Accepted),
        new(FrameKinds.Table, FrameSender.AnyWorker, FrameWay.Both, MaxTable),
        new(FrameKinds.FeatureBatch, FrameSender.KnownWorker, FrameWay.Accepted, null),
        new(FrameKinds.FeatureCredit, FrameSender.KnownWorker, FrameWay.Opened),
        new(FrameKinds.FeatureItem, FrameSender.KnownWorker, FrameWay.Accepted, MaxPiece),
        new(FrameKinds.FeatureAnswer, FrameSender.KnownWorker, FrameWay.Opened, MaxPiece),
    }.ToDictionary(rule => rule.Kind);

    /// <summary>The rule of a kind; null: there is no such kind.</summary>
    public static FrameRule? Find(ushort kind) => Rules.GetValueOrDefault(kind);
}
