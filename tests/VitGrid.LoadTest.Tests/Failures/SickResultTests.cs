using VitGrid.LoadTest.Failures;
using VitGrid.LoadTest.Sick;
using static VitGrid.LoadTest.Tests.Failures.Load;

namespace VitGrid.LoadTest.Tests.Failures;

/// <summary>A fault is as wanted when it was found as expected, nothing failed, and nothing was wrong unless it is silent.</summary>
public sealed class SickResultTests
{
    private static readonly Tally Right = Tally.From([Answered(0, 1)], new(Ms(0), null, Ms(2)));
    private static readonly Tally OneWrong = Tally.From([Answered(0, 1), Wrong(0, 2)], new(Ms(0), null, Ms(2)));
    private static readonly Tally OneFailed = Tally.From([Answered(0, 1), Failed(0, 2, "504 deadline_exceeded")], new(Ms(0), null, Ms(2)));

    [Theory]
    [InlineData("throw", "out", null, true)]
    [InlineData("throw", "slow", null, false)]
    [InlineData("throw", null, null, false)]
    [InlineData("context", "lost", 76, true)]
    [InlineData("context", "lost", null, false)]
    [InlineData("context", "lost", 134, false)]
    [InlineData("memory", null, null, true)]
    [InlineData("memory", "out", null, false)]
    [InlineData("slow", "slow", null, true)]
    [InlineData("weight", "out", null, true)]
    [InlineData("weight", "slow", null, false)]
    public void What_is_found_must_be_what_is_expected(string fault, string? state, int? code, bool passed) =>
        Assert.Equal(passed, Result(fault, Right, state, code).Passed);

    [Fact]
    public void A_wrong_answer_is_forgiven_to_silent_faults_alone_and_a_failed_one_to_none()
    {
        Assert.False(Result("throw", OneWrong, "out").Passed);
        Assert.True(Result("weight", OneWrong, "out").Passed);
        Assert.False(Result("weight", OneFailed, "out").Passed);
        Assert.False(new SickReport("", new Dictionary<string, double>(), 1, []).Passed);
        SickReport failed = new("", new Dictionary<string, double>(), 1, [Result("throw", OneWrong, "out")]);
        Assert.Contains("FAILED", failed.Lines("machine"));
    }

    [Fact]
    public void Names_of_short_runs_are_names_of_faults() => Assert.All(
        [.. SickFault.Short, .. SickFault.ShortInSegments],
        name => Assert.Single(SickFault.All, fault => fault.Name == name));

    private static SickResult Result(string fault, Tally tally, string? state, int? code = null) =>
        new(SickFault.All.Single(known => known.Name == fault), "replicas", tally, 3)
        {
            State = state,
            ExitCode = code,
            FoundAfter = Ms(20),
            Reason = "it threw",
        };
}
