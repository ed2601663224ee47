using VitGrid.LoadTest.Load;
using VitGrid.LoadTest.Measure;
using VitGrid.LoadTest.Reports;

namespace VitGrid.LoadTest.Tests.Measure;

/// <summary>What was answered when.</summary>
public sealed class TimelineTests
{
    private readonly Timeline _timeline = new(TimeSpan.FromSeconds(1));

    [Fact]
    public void Answers_belong_to_the_second_in_which_they_came_and_empty_seconds_stay()
    {
        Add(0.1, 0.2, Ending.Answered);
        Add(0.1, 3.5, Ending.Answered);
        Add(3.6, 3.7, Ending.Refused);
        _timeline.MoveTo(TimeSpan.FromSeconds(4));

        Assert.Equal([1, 0, 0, 1], _timeline.Past.Select(interval => interval.Answered));
        Assert.Equal([0, 0, 0, 1], _timeline.Past.Select(interval => interval.Refused));
        Assert.InRange(_timeline.Past[3].P99, 3_395, 3_405);
    }

    [Fact]
    public void A_refused_request_has_no_latency()
    {
        Add(0, 0.9, Ending.Refused);
        _timeline.MoveTo(TimeSpan.FromSeconds(1));
        Assert.Equal(new IntervalReport(0, 0, 0, 1, 0, 0, 0, 0), Assert.Single(_timeline.Past));
    }

    private void Add(double due, double done, Ending ending) =>
        _timeline.Add(new(TimeSpan.FromSeconds(due), TimeSpan.FromSeconds(due), TimeSpan.FromSeconds(done), 0, new(ending, 1)));
}
