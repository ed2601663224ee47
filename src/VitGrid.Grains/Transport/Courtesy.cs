namespace VitGrid.Grains.Transport;

/// <summary>
/// When a stream of bytes that never runs out lets others go first. Without it one link would hold a pool thread, and on a busy
/// machine a core for a whole time slice, which small grain calls feel; more often than this, the transport itself feels it.
/// </summary>
internal sealed class Courtesy
{
    private const int TurnBytes = 1 << 20;
    private int _bytes;

    /// <summary>Whether a turn is over with these bytes; the caller then calls <see cref="YieldAsync"/>.</summary>
    public bool IsDue(int bytes)
    {
        _bytes += bytes;
        if (_bytes < TurnBytes)
            return false;
        _bytes = 0;
        return true;
    }

    /// <summary>Lets other threads of this core run, then other work of the pool.</summary>
    public static async ValueTask YieldAsync()
    {
        Thread.Yield();
        await Task.Yield();
    }
}
