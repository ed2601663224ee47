namespace VitGrid.Transport;

/// <summary>
/// Counts what strangers can bring about thousands of times a second, and says once a second that a line about it is due. Any thread.
/// </summary>
internal sealed class Throttle(TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private TimeSpan? _told;
    private int _count;

    /// <summary>Counts one more.</summary>
    /// <returns>How many to tell of, this one among them; null: not now.</returns>
    public int? Add()
    {
        TimeSpan now = time.Elapsed();
        lock (_gate)
        {
            _count++;
            if (_told is { } last && now - last < Pause)
                return null;
            (_told, int count, _count) = (now, _count, 0);
            return count;
        }
    }
}
