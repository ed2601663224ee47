using VitGrid.LoadTest.Load;
using VitGrid.LoadTest.Measure;
using VitGrid.LoadTest.Reports;

namespace VitGrid.LoadTest.Tests.Measure;

/// <summary>What a load's requests sum up to.</summary>
public sealed class LoadRecordTests
{
    private readonly LoadRecord _record = new(TimeSpan.FromSeconds(1));

    [Fact]
    public void A_step_sums_its_requests_up()
    {
        _record.BeginStep("warm-up", null, TimeSpan.Zero, TimeSpan.FromSeconds(1), counted: false);
        int step = _record.BeginStep("10/s", 10, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), counted: true);
        Add(0, 0, 500, new(Ending.Answered, 9, Timings: [new("infer", 1_000)]));
        Add(step, 1_000, 1_100, new(Ending.Answered, 4, Timings: [new("infer", 30)], Lane: "bulk"));
        Add(step, 1_200, 1_220, new(Ending.Answered, 4, Timings: [new("infer", 50)]));
        Add(step, 1_300, 1_301, new(Ending.Refused, 4, "429 overloaded"));
        Add(step, 1_300, 1_302, new(Ending.Failed, 4, "500 internal_error"));
        Add(step, 1_300, 3_300, new(Ending.Late, 4, "504 deadline_exceeded"));

        StepReport report = Assert.Single(_record.Steps());
        Assert.Equal((5, 2, 1, 1, 1), (report.Sent, report.Answered, report.Refused, report.Late, report.Failed));
        // The last answer came 2.3 s after the step began: throughput is of that time.
        Assert.Equal((2.3, Math.Round(8 / 2.3, 3)), (report.Seconds, report.ImagesPerSecond));
        Assert.InRange(report.LatencyMs.Max, 99.9, 100.1);
        Assert.Equal(["bulk"], report.Lanes.Keys);
        Assert.Equal(3, report.Faults.Count);
        Assert.Equal(40, _record.Stages()["infer"]);
    }

    private void Add(int step, double due, double done, Answer answer) =>
        _record.Add(new(TimeSpan.FromMilliseconds(due), TimeSpan.FromMilliseconds(due), TimeSpan.FromMilliseconds(done), step, answer));
}
