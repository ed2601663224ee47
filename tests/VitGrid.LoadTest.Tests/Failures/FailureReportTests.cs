using VitGrid.LoadTest.Failures;
using static VitGrid.LoadTest.Tests.Failures.Load;

namespace VitGrid.LoadTest.Tests.Failures;

/// <summary>The table, and what passes.</summary>
public sealed class FailureReportTests
{
    private static readonly Experiment Kill = new("kill-middle", "SIGKILL", TimeSpan.FromSeconds(1.5), _ => Task.CompletedTask);
    private static readonly Moments Usual = new(Ms(1000), Ms(3000), Ms(4000));

    [Fact]
    public void A_row_holds_the_numbers_beside_what_is_wanted() =>
        Assert.Contains(
            "| kill-middle | 4 | 3 | 1 | 0 | 1.50 s | ≤ 1.5 s: met | 10 / 10 / 10 ms | 500 / 1490 / 1490 ms | 2.00 s |",
            Lines(Answered(990, 1000), Answered(1010, 2500), Answered(3000, 3500), Failed(1000, 3500, "504 deadline_exceeded")));

    [Fact]
    public void A_longer_gap_is_missed_and_does_not_fail_the_run()
    {
        FailureReport report = Report(Usual, Answered(0, 1000), Answered(0, 2501));
        Assert.Equal("missed", report.Results[0].Verdict);
        Assert.True(report.Passed);
    }

    [Fact]
    public void Faults_and_notes_stand_below_the_table() =>
        Assert.Contains("- kill-middle: SIGKILL; 1 × 503 draining; a note.", Lines(Failed(0, 1, "503 draining")));

    [Fact]
    public void One_failed_request_fails_the_run() => Assert.False(Report(Usual, Answered(0, 1), Failed(0, 1, "503 draining")).Passed);

    [Fact]
    public void One_wrong_vector_fails_the_run() => Assert.False(Report(Usual, Answered(0, 1), Wrong(0, 1)).Passed);

    [Fact]
    public void Where_nobody_is_left_a_refused_request_is_counted_and_a_wrong_vector_fails_the_run()
    {
        Result refused = Report(Usual, Answered(0, 1), Failed(0, 1, "503 model_loading")).Results[0];
        Assert.True((refused with { Experiment = Kill with { LeavesNobody = true } }).Passed);
        Result wrong = Report(Usual, Answered(0, 1), Wrong(0, 1)).Results[0];
        Assert.False((wrong with { Experiment = Kill with { LeavesNobody = true } }).Passed);
    }

    [Fact]
    public void A_grid_that_does_not_recover_fails_the_run() => Assert.False(Report(Usual with { Whole = null }, Answered(0, 1)).Passed);

    [Fact]
    public void A_run_without_requests_shows_nothing_and_fails() => Assert.False(Report(Usual).Passed);

    [Fact]
    public void Without_a_wanted_gap_there_is_no_verdict() =>
        Assert.Null((Report(Usual, Answered(0, 1)).Results[0] with { Experiment = Kill with { Gap = null } }).Verdict);

    private static FailureReport Report(Moments moments, params Attempt[] attempts) =>
        new("vitgrid-loadtest failures", 10, 32, [new(Kill, Tally.From(attempts, moments), moments, ["a note"])]);

    private static string[] Lines(params Attempt[] attempts) => [.. Report(Usual, attempts).Lines("a machine")];
}
