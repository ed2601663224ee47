namespace VitGrid.Engine.Timing;

/// <summary>The process's monotonic clock, behind a <see cref="TimeProvider"/> so that tests can hold it.</summary>
public static class GridClock
{
    /// <summary>
    /// Under this key the grid finds its clock. Orleans takes the unkeyed one for its own timers, which must go on in a test that
    /// holds the grid's.
    /// </summary>
    public const string Key = "vitgrid";

    /// <summary>Time since a fixed point of this process; only differences mean something.</summary>
    public static TimeSpan Now(this TimeProvider time) =>
        // Integers: far from its origin a double no longer resolves a tick.
        new((long)((Int128)time.GetTimestamp() * TimeSpan.TicksPerSecond / time.TimestampFrequency));
}
