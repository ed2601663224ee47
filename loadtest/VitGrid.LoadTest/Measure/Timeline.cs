using VitGrid.LoadTest.Load;
using VitGrid.LoadTest.Reports;

namespace VitGrid.LoadTest.Measure;

/// <summary>What was answered in each interval of a load, by the time of the answer. Not thread-safe.</summary>
internal sealed class Timeline(TimeSpan interval)
{
    private readonly List<IntervalReport> _past = [];
    private readonly Waits _waits = new();
    private int _answered;
    private int _images;
    private int _refused;
    private int _failed;

    /// <summary>Intervals that are over.</summary>
    public IReadOnlyList<IntervalReport> Past => _past;

    /// <summary>Adds a request; those before have ended before it, or in the same moment.</summary>
    public void Add(Attempt attempt)
    {
        MoveTo(attempt.Done);
        _images += attempt.Answer.Ending == Ending.Answered ? attempt.Answer.Images : 0;
        switch (attempt.Answer.Ending)
        {
            case Ending.Answered:
                _answered++;
                _waits.Add(attempt.Latency);
                break;
            case Ending.Refused:
                _refused++;
                break;
            default:
                _failed++;
                break;
        }
    }

    /// <summary>Closes every interval that has ended by <paramref name="now"/>.</summary>
    public void MoveTo(TimeSpan now)
    {
        while (now >= (_past.Count + 1) * interval)
            Close();
    }

    private void Close()
    {
        _past.Add(new(_past.Count * interval.TotalSeconds, _answered, _images, _refused, _failed, _waits.At(50), _waits.At(99), _waits.At(
            100)));
        (_answered, _images, _refused, _failed) = (0, 0, 0, 0);
        _waits.Clear();
    }
}
