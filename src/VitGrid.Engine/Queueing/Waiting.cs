using VitGrid.Engine.Requests;

namespace VitGrid.Engine.Queueing;

/// <summary>Something that waits in a lane. Times count from an origin its queue's owner chose.</summary>
/// <param name="Item">What waits.</param>
/// <param name="Lane">Where.</param>
/// <param name="Bytes">What it holds meanwhile.</param>
/// <param name="Since">When it came.</param>
/// <param name="Deadline">From when on nobody wants it.</param>
/// <param name="Cancellation">Signalled when nobody wants it any more.</param>
internal readonly record struct Waiting<T>(
    T Item, Lane Lane, long Bytes, TimeSpan Since, TimeSpan Deadline, CancellationToken Cancellation)
{
    public bool IsDead(TimeSpan now) => now >= Deadline || Cancellation.IsCancellationRequested;

    /// <summary>Half of its time is gone.</summary>
    public bool IsAged(TimeSpan now) => now - Since >= (Deadline - Since) / 2;
}
