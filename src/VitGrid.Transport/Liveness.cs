namespace VitGrid.Transport;

/// <summary>What a beat of the clock asks of a link.</summary>
internal enum Beat
{
    /// <summary>Nothing.</summary>
    Rest,

    /// <summary>Nothing was sent lately: show a keep-alive.</summary>
    Ping,

    /// <summary>The peer has been silent for too long.</summary>
    Silent,
}

/// <summary>
/// When a peer counts as dead. Knows no clock: it is told the time and what has passed. Any received byte is life.
/// Silence is counted only while this side reads, and starts anew when this process itself was stopped for a while, which it
/// sees from a beat that comes far too late.
/// </summary>
internal sealed class Liveness(TimeSpan period, TimeSpan silence, TimeSpan now)
{
    private TimeSpan _lastBeat = now;
    private TimeSpan _lastHeard = now;
    private long _received;
    private long _written;

    /// <summary>When the peer was last known to live.</summary>
    public TimeSpan LastHeard => _lastHeard;

    /// <summary>One beat; due every period.</summary>
    /// <param name="now">The time.</param>
    /// <param name="received">Bytes received so far.</param>
    /// <param name="written">Frames sent so far, the transport's own apart.</param>
    /// <param name="reading">Whether this side waits for bytes now.</param>
    public Beat Next(TimeSpan now, long received, long written, bool reading)
    {
        bool stopped = now - _lastBeat > period + (silence / 2);
        if (received != _received || stopped || !reading)
            _lastHeard = now;
        bool idle = written == _written;
        (_lastBeat, _received, _written) = (now, received, written);
        if (now - _lastHeard >= silence)
            return Beat.Silent;
        return idle ? Beat.Ping : Beat.Rest;
    }
}
