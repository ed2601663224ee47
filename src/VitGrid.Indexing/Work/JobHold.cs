namespace VitGrid.Indexing.Work;

/// <summary>
/// Whether a job's items hold credits in vain, and since when and for how long it is held back for that. Decides without a clock; any
/// thread may call.
/// </summary>
/// <param name="stallAfter">Time without an item's end after which those under way are set aside.</param>
internal sealed class JobHold(TimeSpan stallAfter)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxPause = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    // Where one image takes minutes, minutes without an end say nothing: each stall is waited for twice as long, and four times the
    // longest that ended well.
    private const int Margin = 4;
    private static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(10);

    private TimeSpan _longest;
    private int _underWay;
    private int _holds;
    private TimeSpan _lastMove;
    private TimeSpan _resumeAt;
    private string? _reason;

    /// <summary>Why the job does not go on; stays until something of it comes to an end.</summary>
    public string? Reason
    {
        get
        {
            lock (_gate)
                return _reason;
        }
    }

    /// <summary>An item of the job takes a credit.</summary>
    public void OnBegun(TimeSpan now)
    {
        lock (_gate)
        {
            if (_underWay++ == 0)
                _lastMove = now;
        }
    }

    /// <summary>An item gave its credit back, for whatever reason.</summary>
    public void OnReturned()
    {
        lock (_gate)
            _underWay--;
    }

    /// <summary>An item or a part came to an end: nothing is in the way.</summary>
    public void OnEnded(TimeSpan now)
    {
        lock (_gate)
        {
            if (_underWay > 0 && now - _lastMove > _longest)
                _longest = now - _lastMove;
            (_lastMove, _reason, _holds) = (now, null, 0);
        }
    }

    /// <summary>Something is in the way: no item begins before a pause has passed, which doubles each time.</summary>
    public void OnObstacle(string reason, TimeSpan now) => Hold(reason, now, FirstPause < stallAfter ? FirstPause : stallAfter);

    /// <summary>
    /// Items were set aside since none came to an end: the pause is as long as they were waited for, and doubles each time.
    /// </summary>
    public void OnStalled(string reason, TimeSpan now) => Hold(reason, now, stallAfter);

    /// <summary>Most items that may begin: none while something is in the way, and a single one to try whether it still is.</summary>
    public int MaxBeginning(TimeSpan now)
    {
        lock (_gate)
            return _reason is null ? int.MaxValue : now >= _resumeAt && _underWay == 0 ? 1 : 0;
    }

    /// <summary>Whether items hold credits and none has come to an end for too long.</summary>
    public bool IsStalled(TimeSpan now)
    {
        lock (_gate)
            return _underWay > 0 && now - _lastMove >= Wait;
    }

    /// <summary>Whether items hold credits.</summary>
    public bool IsUnderWay
    {
        get
        {
            lock (_gate)
                return _underWay > 0;
        }
    }

    /// <summary>Forgets what was in the way once it may be tried again and there is nothing to try.</summary>
    public void Forgive(TimeSpan now)
    {
        lock (_gate)
        {
            if (_underWay == 0 && now >= _resumeAt)
                _reason = null;
        }
    }

    private TimeSpan Wait
    {
        get
        {
            long ticks = Math.Max(stallAfter.Ticks << Math.Min(_holds, 10), _longest.Ticks * Margin);
            return TimeSpan.FromTicks(Math.Min(ticks, Math.Max(MaxWait.Ticks, stallAfter.Ticks)));
        }
    }

    private void Hold(string reason, TimeSpan now, TimeSpan first)
    {
        lock (_gate)
        {
            (_reason, _lastMove) = (reason, now);
            long ticks = Math.Min(first.Ticks << Math.Min(_holds++, 10), Math.Max(MaxPause.Ticks, first.Ticks));
            _resumeAt = now + TimeSpan.FromTicks(ticks);
        }
    }
}
