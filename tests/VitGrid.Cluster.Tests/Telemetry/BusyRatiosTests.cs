using VitGrid.Cluster.Telemetry;
using VitGrid.Engine.Replica;

namespace VitGrid.Cluster.Tests.Telemetry;

public sealed class BusyRatiosTests
{
    private readonly BusyRatios _ratios = new(TimeSpan.FromSeconds(100));

    [Fact]
    public void A_ratio_is_of_the_time_since_the_last_question()
    {
        Assert.Equal(0.5, Assert.Single(_ratios.Ask([Stage(epoch: 1, busySeconds: 5)], At(110))).Ratio, 9);
        Assert.Equal(0.25, Assert.Single(_ratios.Ask([Stage(epoch: 1, busySeconds: 6)], At(114))).Ratio, 9);
        Assert.Equal(new BusyRatio("m", 1, "cpu:0", 0), Assert.Single(_ratios.Ask([Stage(epoch: 1, busySeconds: 6)], At(120))));
    }

    [Fact]
    public void A_stage_that_replaces_another_on_its_device_adds_to_the_same_ratio()
    {
        _ratios.Ask([Stage(epoch: 1, busySeconds: 5)], At(110));

        Assert.Equal(0.3, Assert.Single(_ratios.Ask([Stage(epoch: 1, busySeconds: 6), Stage(epoch: 2, busySeconds: 2)], At(120))).Ratio, 9);
        Assert.Equal(0.4, Assert.Single(_ratios.Ask([Stage(epoch: 2, busySeconds: 6)], At(130))).Ratio, 9);
    }

    [Theory]
    [InlineData(100, 3, 0)]
    [InlineData(101, 3, 1)]
    public void No_ratio_leaves_its_bounds(int now, int busySeconds, double ratio) =>
        Assert.Equal(ratio, Assert.Single(_ratios.Ask([Stage(epoch: 1, busySeconds)], At(now))).Ratio);

    private static TimeSpan At(int second) => TimeSpan.FromSeconds(second);

    private static (StageKey Key, string Device, TimeSpan Busy) Stage(long epoch, int busySeconds) =>
        (new(new("m", 0, epoch), 1), "cpu:0", TimeSpan.FromSeconds(busySeconds));
}
