using VitGrid.Engine.Replica;

namespace VitGrid.Engine.Tests.Replica;

public sealed class BatchTimeoutTests
{
    private static readonly TimeSpan Maximum = TimeSpan.FromMinutes(10);
    private readonly BatchTimeout _timeout = new(Maximum);

    [Fact]
    public void Before_any_answer_a_batch_has_all_the_time_there_is() => Assert.Equal(Maximum, _timeout.Current);

    [Theory]
    [InlineData(0.005, 10)]
    [InlineData(1.5, 15)]
    [InlineData(59, 590)]
    [InlineData(70, 600)]
    public void Afterwards_it_has_ten_times_the_slowest_within_ten_seconds_and_the_setting(double slowest, double seconds)
    {
        _timeout.OnAnswered(TimeSpan.FromSeconds(slowest));
        _timeout.OnAnswered(TimeSpan.FromSeconds(slowest / 2));
        Assert.Equal(TimeSpan.FromSeconds(seconds), _timeout.Current);
    }

    [Fact]
    public void A_setting_below_ten_seconds_stands()
    {
        BatchTimeout hurried = new(TimeSpan.FromSeconds(2));
        hurried.OnAnswered(TimeSpan.FromMilliseconds(5));
        Assert.Equal(TimeSpan.FromSeconds(2), hurried.Current);
    }
}
