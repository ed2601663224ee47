using VitGrid.Engine.Replica;

namespace VitGrid.Cluster.Telemetry;

/// <summary>The part of the time since the last question that a segment kept its device busy.</summary>
internal readonly record struct BusyRatio(string Model, int Segment, string Device, double Ratio);

/// <summary>
/// From the time that stages have been busy in all to <see cref="BusyRatio"/>s. Clock-free; any thread may ask. A batch counts when it
/// ends, so one that is longer than the time between two questions shows up late, as 1.
/// </summary>
/// <param name="began">When it was made, on the clock of the questions.</param>
internal sealed class BusyRatios(TimeSpan began)
{
    private readonly Lock _gate = new();
    private Dictionary<StageKey, TimeSpan> _last = [];
    private TimeSpan _lastAt = began;

    /// <summary>One ratio, 0 to 1, a segment and device; a stage that was not there the last time has been loaded since.</summary>
    public IReadOnlyList<BusyRatio> Ask(IReadOnlyCollection<(StageKey Key, string Device, TimeSpan Busy)> stages, TimeSpan now)
    {
        lock (_gate)
        {
            TimeSpan interval = now - _lastAt;
            BusyRatio[] ratios = [.. stages
                .GroupBy(stage => (stage.Key.Replica.Model, stage.Key.Segment, stage.Device), stage => stage.Busy - _last.GetValueOrDefault(
                    stage.Key))
                .Select(segment => new BusyRatio(segment.Key.Model, segment.Key.Segment, segment.Key.Device, Part(segment, interval)))];
            _last = stages.ToDictionary(stage => stage.Key, stage => stage.Busy);
            _lastAt = now;
            return ratios;
        }
    }

    private static double Part(IEnumerable<TimeSpan> busy, TimeSpan interval) =>
        interval > TimeSpan.Zero ? Math.Clamp(busy.Sum(stage => stage.TotalSeconds) / interval.TotalSeconds, 0, 1) : 0;
}
