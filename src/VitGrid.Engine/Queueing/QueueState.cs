namespace VitGrid.Engine.Queueing;

/// <summary>What waited in a lane: how many, and since when the first.</summary>
public readonly record struct LaneState(int Count, TimeSpan? OldestSince);

/// <summary>What waited in a queue at one moment.</summary>
public sealed record QueueState(LaneState Interactive, LaneState Bulk)
{
    /// <summary>Both lanes empty.</summary>
    public static QueueState Empty { get; } = new(default, default);
}
