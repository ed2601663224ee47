using VitGrid.LoadTest.Load;
using VitGrid.LoadTest.Reports;

namespace VitGrid.LoadTest.Measure;

/// <summary>What became of the requests of a step. Not thread-safe.</summary>
internal sealed class StepTally(string name, double? rate, TimeSpan begin, TimeSpan length, bool counted)
{
    private readonly Waits _answered = new();
    private readonly Waits _refused = new();
    private readonly Waits _lateness = new();
    private readonly SortedDictionary<string, Waits> _lanes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _faults = [];
    private readonly int[] _endings = new int[Enum.GetValues<Ending>().Length];
    private int _images;
    private TimeSpan _lastDone;

    /// <summary>Whether it belongs to the report.</summary>
    public bool Counted => counted;

    /// <summary>Adds a request.</summary>
    public void Add(Attempt attempt)
    {
        _endings[(int)attempt.Answer.Ending]++;
        _lateness.Add(attempt.Sent - attempt.Due);
        _lastDone = TimeSpan.FromTicks(Math.Max(_lastDone.Ticks, attempt.Done.Ticks));
        if (attempt.Answer.Fault is { } fault)
            _faults[fault] = _faults.GetValueOrDefault(fault) + 1;
        if (attempt.Answer.Ending == Ending.Refused)
            _refused.Add(attempt.Done - attempt.Sent);
        if (attempt.Answer.Ending != Ending.Answered)
            return;
        _images += attempt.Answer.Images;
        _answered.Add(attempt.Latency);
        if (attempt.Answer.Lane is { } lane)
            (_lanes.TryGetValue(lane, out Waits? waits) ? waits : _lanes[lane] = new()).Add(attempt.Latency);
    }

    /// <summary>A percentile of latency in milliseconds; 0 when nothing was answered.</summary>
    public double LatencyAt(double percent) => _answered.At(percent);

    /// <summary>Its part of the report.</summary>
    public StepReport Sum()
    {
        double seconds = Math.Max(length.TotalSeconds, (_lastDone - begin).TotalSeconds);
        int answered = Count(Ending.Answered);
        return new()
        {
            Name = name,
            RateAsked = rate,
            Seconds = Math.Round(seconds, 3),
            Sent = _endings.Sum() - Count(Ending.NotSent),
            Answered = answered,
            Refused = Count(Ending.Refused),
            Late = Count(Ending.Late),
            Failed = Count(Ending.Failed),
            NotSent = Count(Ending.NotSent),
            RequestsPerSecond = Math.Round(answered / seconds, 3),
            ImagesPerSecond = Math.Round(_images / seconds, 3),
            LatencyMs = _answered.Sum(),
            RefusedMs = _refused.Sum(),
            GeneratorLateMs = _lateness.Sum(),
            Lanes = _lanes.ToDictionary(lane => lane.Key, lane => lane.Value.Sum()),
            Curve = _answered.Curve(),
            Faults = _faults.OrderByDescending(fault => fault.Value).ToDictionary(fault => fault.Key, fault => fault.Value),
        };
    }

    private int Count(Ending ending) => _endings[(int)ending];
}
