using VitGrid.Engine.Telemetry;

namespace VitGrid.Engine.Tests.Telemetry;

public sealed class ThrottledCountTests
{
    [Fact]
    public void The_first_is_told_at_once_and_the_others_together_once_a_second()
    {
        ThrottledCount count = new(TimeSpan.FromSeconds(1));
        TimeSpan now = TimeSpan.FromMinutes(1);
        Assert.Equal(1, count.Add(now));
        for (int i = 0; i < 900; i++)
            Assert.Null(count.Add(now + TimeSpan.FromMilliseconds(i)));
        Assert.Equal(901, count.Add(now + TimeSpan.FromSeconds(1)));
        Assert.Null(count.Add(now + TimeSpan.FromSeconds(1.5)));
        Assert.Equal(2, count.Add(now + TimeSpan.FromSeconds(5)));
    }
}
