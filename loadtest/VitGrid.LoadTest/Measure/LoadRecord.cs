using System.Globalization;
using VitGrid.LoadTest.Load;
using VitGrid.LoadTest.Reports;

namespace VitGrid.LoadTest.Measure;

/// <summary>Everything that a load shows. Any thread may call.</summary>
internal sealed class LoadRecord(TimeSpan interval)
{
    private readonly Lock _lock = new();
    private readonly List<StepTally> _steps = [];
    private readonly Timeline _timeline = new(interval);
    private readonly Dictionary<string, (double Sum, Waits Waits)> _stages = [];

    /// <summary>Intervals that are over.</summary>
    public IReadOnlyList<IntervalReport> Timeline
    {
        get
        {
            lock (_lock)
                return [.. _timeline.Past];
        }
    }

    /// <summary>A step is about to begin.</summary>
    /// <returns>Its number, which its requests carry.</returns>
    public int BeginStep(string name, double? rate, TimeSpan begin, TimeSpan length, bool counted)
    {
        lock (_lock)
        {
            _steps.Add(new(name, rate, begin, length, counted));
            return _steps.Count - 1;
        }
    }

    /// <summary>A request has ended.</summary>
    public void Add(Attempt attempt)
    {
        lock (_lock)
        {
            _steps[attempt.Step].Add(attempt);
            _timeline.Add(attempt);
            if (!_steps[attempt.Step].Counted)
                return;
            foreach ((string stage, double milliseconds) in attempt.Answer.Timings ?? [])
            {
                (double sum, Waits waits) = _stages.TryGetValue(stage, out (double Sum, Waits Waits) known) ? known : (0, new());
                waits.Add(TimeSpan.FromMilliseconds(milliseconds));
                _stages[stage] = (sum + milliseconds, waits);
            }
        }
    }

    /// <summary>A step's numbers so far.</summary>
    public StepReport Step(int number)
    {
        lock (_lock)
            return _steps[number].Sum();
    }

    /// <summary>A percentile of the last step's latency, in milliseconds; 0 when nothing was answered.</summary>
    public double LatencyOfLast(double percent)
    {
        lock (_lock)
            return _steps[^1].LatencyAt(percent);
    }

    /// <summary>All steps that count.</summary>
    public IReadOnlyList<StepReport> Steps()
    {
        lock (_lock)
            return [.. _steps.Where(step => step.Counted).Select(step => step.Sum())];
    }

    /// <summary>Mean milliseconds a request by stage, as the server's headers say.</summary>
    public IReadOnlyDictionary<string, double> Stages()
    {
        lock (_lock)
            return _stages.ToDictionary(stage => stage.Key, stage => Math.Round(stage.Value.Sum / stage.Value.Waits.Count, 3));
    }

    /// <summary>Milliseconds that 99 of 100 requests stay within, by stage.</summary>
    public IReadOnlyDictionary<string, double> StagesP99()
    {
        lock (_lock)
            return _stages.ToDictionary(stage => stage.Key, stage => stage.Value.Waits.At(99));
    }

    /// <summary>The last interval in a few words.</summary>
    public string Glance(TimeSpan now)
    {
        lock (_lock)
        {
            _timeline.MoveTo(now);
            return _timeline.Past is [.., var last]
                ? string.Create(CultureInfo.InvariantCulture,
                    $"{last.Answered / interval.TotalSeconds:0.#}/s, p99 {last.P99:0} ms, {last.Refused} refused, {last.Failed} failed")
                : "";
        }
    }
}
