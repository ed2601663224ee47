namespace VitGrid.Engine.Queueing;

/// <summary>What waited in a lane: how many, and since when the first.</summary>
internal readonly record struct LaneState(int Count, TimeSpan? OldestSince);

/// <summary>What waited in a queue at one moment.</summary>
internal sealed record QueueState(LaneState Interactive, LaneState Bulk)
{
    public static QueueState Empty { get; } = new(default, default);
}
