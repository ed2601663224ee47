namespace VitGrid.Transport;

/// <summary>Time on a <see cref="TimeProvider"/>'s monotonic clock.</summary>
internal static class MonotonicClock
{
    /// <summary>Time since a fixed point of this process; only differences mean something.</summary>
    public static TimeSpan Elapsed(this TimeProvider time) =>
        // Integers: far from its origin a double no longer resolves a tick.
        new((long)((Int128)time.GetTimestamp() * TimeSpan.TicksPerSecond / time.TimestampFrequency));
}
