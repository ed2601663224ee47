using VitGrid.Engine.Timing;

namespace VitGrid.Indexing.Work;

/// <summary>
/// While the grid refuses bulk work, nothing more is read: the queue waits in Redis, and whoever waits for an answer goes first. Any
/// thread may call.
/// </summary>
internal sealed class Pressure(Backoff backoff, TimeProvider time)
{
    private readonly Lock _gate = new();
    private int _refusals;
    private TimeSpan _until;

    /// <summary>How much longer to read nothing.</summary>
    public TimeSpan Left
    {
        get
        {
            lock (_gate)
                return _until > time.Now() ? _until - time.Now() : TimeSpan.Zero;
        }
    }

    /// <summary>An image was refused; refusals during one pause are one.</summary>
    public void Refused()
    {
        lock (_gate)
        {
            if (_until <= time.Now())
                _until = time.Now() + backoff.After(++_refusals);
        }
    }

    /// <summary>An image was embedded.</summary>
    public void Accepted()
    {
        lock (_gate)
            _refusals = 0;
    }
}
