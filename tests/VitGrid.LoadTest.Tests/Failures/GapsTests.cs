using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using VitGrid.LoadTest.Failures;
using static VitGrid.LoadTest.Tests.Failures.Load;

namespace VitGrid.LoadTest.Tests.Failures;

/// <summary>The longest time in which nobody got a right answer.</summary>
public sealed class GapsTests
{
    [Fact]
    public void The_gap_lies_between_two_answers() =>
        Assert.Equal(Ms(500), Gaps.Longest([Answered(0, 100), Answered(0, 600), Answered(0, 700)], Ms(50), Ms(800)));

    [Fact]
    public void A_gap_over_the_fault_begins_with_the_last_answer_before_it() =>
        Assert.Equal(Ms(300), Gaps.Longest([Answered(0, 900), Answered(0, 1200), Answered(0, 1300)], Ms(1000), Ms(1400)));

    [Fact]
    public void A_gap_before_the_fault_does_not_count() =>
        Assert.Equal(Ms(100), Gaps.Longest([Answered(0, 100), Answered(0, 900), Answered(0, 1000), Answered(0, 1100)], Ms(950), Ms(1200)));

    [Fact]
    public void A_grid_that_never_answers_again_has_a_gap_to_the_end() =>
        Assert.Equal(Ms(4100), Gaps.Longest([Answered(0, 900)], Ms(1000), Ms(5000)));

    [Fact]
    public void An_answer_after_the_last_request_was_sent_does_not_lengthen_the_gap() =>
        Assert.Equal(Ms(100), Gaps.Longest([Answered(0, 900), Answered(950, 9000)], Ms(900), Ms(1000)));

    [Fact]
    public void Failures_and_wrong_vectors_end_no_gap() =>
        Assert.Equal(Ms(1000), Gaps.Longest(
            [Answered(0, 100), Failed(0, 400, "503 draining"), Wrong(0, 500), Answered(0, 1100)], Ms(100), Ms(1200)));

    [Property]
    public Property One_more_answer_never_lengthens_the_gap(PositiveInt[] answers, PositiveInt more)
    {
        Attempt[] attempts = [.. answers.Select(answer => Answered(0, answer.Get))];
        TimeSpan without = Gaps.Longest(attempts, Ms(10), Ms(60));
        TimeSpan with = Gaps.Longest([.. attempts, Answered(0, more.Get)], Ms(10), Ms(60));
        return (with <= without).ToProperty();
    }

    [Property]
    public Property The_order_in_which_answers_were_noted_does_not_matter(PositiveInt[] answers)
    {
        Attempt[] attempts = [.. answers.Select(answer => Answered(0, answer.Get))];
        return (Gaps.Longest(attempts, Ms(10), Ms(60)) == Gaps.Longest(attempts.Reverse(), Ms(10), Ms(60))).ToProperty();
    }
}
