using VitGrid.Engine.Requests;

namespace VitGrid.Engine.FrontEnd;

/// <summary>
/// How long an image that came now would take, from what is ahead of it and the rate at which images were answered. The rate is measured
/// only while at least <paramref name="saturation"/> images are there: fewer do not show what the devices can do. Clock-free; times are
/// passed in. Not thread-safe.
/// </summary>
/// <param name="interactiveWeight">Interactive images that pass for each bulk one.</param>
/// <param name="saturation">Images that keep the devices busy.</param>
internal sealed class WaitForecast(int interactiveWeight, int saturation)
{
    /// <summary>Answers before a rate is believed.</summary>
    public const int Evidence = 8;

    // Older than so much and so many, what was seen counts half.
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(2);
    private const int Memories = 16;

    private readonly int[] _present = new int[2];
    private TimeSpan _last;
    private TimeSpan _busy;
    private double _answered;
    private bool _saturated;

    /// <summary>Images of both lanes that are there.</summary>
    public int Present => _present[0] + _present[1];

    /// <summary>An image came.</summary>
    public void Enter(Lane lane, TimeSpan now)
    {
        Advance(now);
        _present[(int)lane]++;
    }

    /// <summary>An image left, <paramref name="answered"/> or given up.</summary>
    public void Leave(Lane lane, bool answered, TimeSpan now)
    {
        Advance(now);
        _present[(int)lane]--;
        if (answered && _saturated)
            _answered++;
        if (_busy < Memory || _answered < Memories)
            return;
        _busy /= 2;
        _answered /= 2;
    }

    /// <summary>
    /// Time from now to the answer of one more image; null: not known. With fewer there than keep the devices busy it is not: what a full
    /// grid took says nothing of an idle one, and a rate too slow for anybody would never be measured again.
    /// </summary>
    public TimeSpan? For(Lane lane) =>
        _answered < Evidence || Present + 1 < saturation ? null : Limited((Ahead(lane) + 1) * _busy.TotalSeconds / _answered);

    /// <summary>Those of its own lane, and of the other as many as may pass meanwhile.</summary>
    private long Ahead(Lane lane)
    {
        long interactive = _present[(int)Lane.Interactive], bulk = _present[(int)Lane.Bulk];
        return lane == Lane.Interactive
            ? interactive + Math.Min(bulk, (interactive / interactiveWeight) + 1)
            : bulk + Math.Min(interactive, (bulk + 1) * interactiveWeight);
    }

    private static TimeSpan Limited(double seconds) => TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.SecondsPerDay));

    private void Advance(TimeSpan now)
    {
        if (now <= _last)
            return;
        _saturated = Present >= saturation;
        if (_saturated)
            _busy += now - _last;
        _last = now;
    }
}
