using FsCheck.Xunit;
using VitGrid.Cluster.Caching.Redis;

namespace VitGrid.Cluster.Tests.Caching.Redis;

public sealed class AdaptiveTimeoutTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromMilliseconds(50), Quick = TimeSpan.FromMilliseconds(
        10), Slow = TimeSpan.FromMilliseconds(11);
    private readonly AdaptiveTimeout _timeout = new(Bound);

    [Fact]
    public void A_few_slow_answers_are_waited_for_and_a_redis_that_goes_on_so_is_not()
    {
        TimeSpan[] waits = [.. Enumerable.Range(0, 4).Select(_ => After(Slow))];
        Assert.Equal([Bound, Bound, _timeout.Least, _timeout.Least], waits);
        Assert.Equal(TimeSpan.FromMilliseconds(5), _timeout.Least);
    }

    [Fact]
    public void One_slow_answer_in_two_hundred_never_shortens_the_wait_and_one_in_fifty_does()
    {
        Assert.All(Enumerable.Range(1, 10_000), i => Assert.Equal(Bound, After(i % 200 == 0 ? Slow : Quick)));
        Assert.Contains(_timeout.Least, Enumerable.Range(1, 1_000).Select(i => After(i % 50 == 0 ? Slow : Quick)));
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(49, 5)]
    [InlineData(200, 20)]
    [InlineData(60_000, 50)]
    public void A_slow_redis_is_waited_for_as_long_as_a_tenth_of_the_computation_that_it_saves(int computed, int waited)
    {
        _timeout.Computed("dear", TimeSpan.FromMilliseconds(computed));
        Assert.Equal(Bound, _timeout.For("dear"));
        Assert.All(Enumerable.Range(0, 3), _ => After(Slow));
        Assert.Equal(TimeSpan.FromMilliseconds(waited), _timeout.For("dear"));
        Assert.Equal(_timeout.Least, _timeout.For("another"));
    }

    [Fact]
    public void A_redis_that_is_quick_again_is_waited_for_again_however_long_it_was_slow()
    {
        Assert.All(Enumerable.Range(0, 100_000), _ => After(Slow));
        Assert.Equal(_timeout.Least, After(Quick));
        Assert.Contains(Bound, Enumerable.Range(0, 2 * AdaptiveTimeout.SlowAnswers * AdaptiveTimeout.Weight).Select(_ => After(Quick)));
    }

    [Property]
    public void The_wait_is_never_longer_than_the_bound_nor_shorter_than_a_tenth_of_it((bool IsAnswer, ushort Milliseconds)[] events)
    {
        foreach ((bool isAnswer, ushort milliseconds) in events)
        {
            TimeSpan took = TimeSpan.FromMilliseconds(milliseconds);
            if (isAnswer)
                _timeout.Answered(took);
            else
                _timeout.Computed("model", took);
            Assert.InRange(_timeout.For("model"), _timeout.Least, Bound);
        }
    }

    private TimeSpan After(TimeSpan answer)
    {
        _timeout.Answered(answer);
        return _timeout.For("model");
    }
}
