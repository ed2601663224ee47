using VitGrid.Runtime.Health;

namespace VitGrid.Runtime.Tests.Health;

public sealed class DeviceHealthTests
{
    private readonly List<DeviceChange> _changes = [];
    private readonly DeviceHealth _health = new(TimeProvider.System);

    public DeviceHealthTests()
    {
        _health.Add("cpu:0");
        _health.Add("cpu:1");
        _health.Changed += _changes.Add;
    }

    [Fact]
    public void A_listed_device_is_healthy_and_serves()
    {
        Assert.Equal(["cpu:0", "cpu:1"], _health.All.Select(device => device.Device));
        Assert.All(_health.All, device => Assert.True(device is { State: DeviceState.Healthy, Serves: true, Illness: null, Share: 1 }));
    }

    [Fact]
    public void An_illness_holds_when_the_last_probe_passed_before_it()
    {
        DateTimeOffset began = DateTimeOffset.UnixEpoch.AddDays(1);
        _health.PassedProbes("cpu:1", began);

        Assert.True(_health.Report("cpu:1", DeviceState.Out, IllnessKind.WrongProbe, "off by 0.5", "nano"));

        DeviceStatus sick = _health.Find("cpu:1");
        Assert.False(sick.Serves);
        Assert.Equal((IllnessKind.WrongProbe, began, "nano", true), (sick.Illness!.Kind, sick.Illness.LastGood, sick.Illness.Model,
            sick.Illness.DoubtsAnswers));
        Assert.Equal(DeviceState.Healthy, _health.Find("cpu:0").State);
        DeviceChange change = Assert.Single(_changes);
        Assert.Equal((DeviceState.Healthy, DeviceState.Out), (change.Before.State, change.After.State));
    }

    [Fact]
    public void Only_a_worse_state_is_news()
    {
        Assert.True(_health.Report("cpu:0", DeviceState.Out, IllnessKind.Threw, "first"));
        Assert.False(_health.Report("cpu:0", DeviceState.Out, IllnessKind.Threw, "second"));
        Assert.False(_health.Report("cpu:0", DeviceState.Slow, IllnessKind.TooSlow, "third"));
        Assert.True(_health.Report("cpu:0", DeviceState.Lost, IllnessKind.ContextLost, "fourth"));
        Assert.Equal("fourth", _health.Find("cpu:0").Illness!.Reason);
        Assert.Equal(2, _changes.Count);
    }

    [Fact]
    public void A_device_that_was_out_recovers_and_one_that_is_lost_does_not()
    {
        _health.Report("cpu:0", DeviceState.Out, IllnessKind.Threw, "once");
        _health.Report("cpu:1", DeviceState.Lost, IllnessKind.Hung, "for ever");

        Assert.True(_health.Recover("cpu:0"));
        Assert.False(_health.Recover("cpu:1"));

        Assert.Equal((DeviceState.Healthy, DeviceState.Lost), (_health.Find("cpu:0").State, _health.Find("cpu:1").State));
        Assert.Null(_health.Find("cpu:0").Illness);
    }

    [Theory]
    [InlineData("a/cpu:0", true)]
    [InlineData("b/cpu:1", true)]
    [InlineData("b/cpu:10", false)]
    [InlineData("cpu:0", true)]
    [InlineData("cpu:10", false)]
    [InlineData("a/cpu:0,b/cpu:1", false)]
    public void An_origin_knows_each_of_its_devices_by_its_whole_name_or_by_that_in_any_process(string device, bool passed)
    {
        string devices = VectorOrigin.Join([VectorOrigin.NameOf("a", "cpu:0"), VectorOrigin.NameOf("b", "cpu:1"), "a/cpu:0"]);

        Assert.Equal("a/cpu:0,b/cpu:1", devices);
        Assert.Equal(passed, new VectorOrigin(devices, DateTimeOffset.UnixEpoch).Passed(device));
    }
}
