namespace VitGrid.Engine.Telemetry;

/// <summary>
/// Counts what happens thousands of times a second when something is broken, and says when a line about it is due. Any thread.
/// </summary>
/// <param name="pause">Shortest time between two lines.</param>
public sealed class ThrottledCount(TimeSpan pause)
{
    private readonly Lock _gate = new();
    private TimeSpan? _told;
    private int _count;

    /// <summary>Counts one more at <paramref name="now"/>.</summary>
    /// <returns>How many to tell of, this one among them; null: not now.</returns>
    public int? Add(TimeSpan now)
    {
        lock (_gate)
        {
            _count++;
            if (_told is { } last && now - last < pause)
                return null;
            (_told, int count, _count) = (now, _count, 0);
            return count;
        }
    }
}
