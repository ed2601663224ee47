using VitGrid.LoadTest.Failures;
using static VitGrid.LoadTest.Tests.Failures.Load;

namespace VitGrid.LoadTest.Tests.Failures;

/// <summary>Requests are counted by what became of them and by when they were under way.</summary>
public sealed class TallyTests
{
    private static readonly Moments Usual = new(Ms(1000), Ms(2000), Ms(3000));

    [Fact]
    public void Every_request_counts_once()
    {
        Tally tally = Tally.From([Answered(0, 1), Answered(0, 2), Wrong(0, 3), Failed(0, 4, "503 model_loading")], Usual);
        Assert.Equal((4, 2, 1, 1), (tally.Sent, tally.Answered, tally.Wrong, tally.Failed));
    }

    [Fact]
    public void Failures_are_counted_by_status_and_code_the_most_frequent_first()
    {
        Tally tally = Tally.From([
            Failed(0, 1, "503 draining"), Failed(0, 2, "504 deadline_exceeded"), Failed(0, 3, "504 deadline_exceeded")], Usual);
        Assert.Equal([new("504 deadline_exceeded", 2), new("503 draining", 1)], tally.Faults);
    }

    [Fact]
    public void A_request_under_way_at_the_fault_belongs_to_the_time_after_it()
    {
        Tally tally = Tally.From([Answered(900, 950), Answered(950, 1500)], Usual);
        Assert.Equal((Ms(50), Ms(550)), (tally.Before.Worst, tally.During.Worst));
    }

    [Fact]
    public void What_is_sent_once_the_grid_is_whole_is_no_longer_disturbed() =>
        Assert.Equal(Ms(100), Tally.From([Answered(1500, 1600), Answered(2100, 2900)], Usual).During.Worst);

    [Fact]
    public void A_grid_that_did_not_recover_is_disturbed_to_the_end() =>
        Assert.Equal(Ms(800), Tally.From([Answered(1500, 1600), Answered(2100, 2900)], Usual with { Whole = null }).During.Worst);

    [Fact]
    public void Percentiles_are_answers_that_were_given()
    {
        Latencies latencies = Latencies.From(Enumerable.Range(1, 200).Select(i => Answered(0, i)));
        Assert.Equal(new(Ms(100), Ms(198), Ms(200)), latencies);
    }

    [Fact]
    public void A_failure_has_no_waiting_time() =>
        Assert.Equal(new(Ms(3), Ms(3), Ms(3)), Latencies.From([Answered(0, 3), Failed(0, 9000, "504 deadline_exceeded")]));

    [Fact]
    public void Nothing_answered_gives_zeros() =>
        Assert.Equal(new(TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero), Latencies.From([]));
}
