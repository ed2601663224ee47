using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Models;
using VitGrid.Runtime.Health;

namespace VitGrid.Cluster.Tests.Planning.Ledger;

/// <summary>What the planner does with a device that its worker says is sick.</summary>
public sealed class SickDeviceTests
{
    private readonly LedgerGrid _grid = new();

    [Theory]
    [InlineData(DeviceState.Out)]
    [InlineData(DeviceState.Lost)]
    public void A_replica_on_a_sick_device_is_out_of_the_table_at_once_and_the_others_serve_on(DeviceState state)
    {
        _grid.Join("a", PlayedWorker.Card("m", replicas: 2));
        _grid.Join("b", PlayedWorker.Card("m", replicas: 2));
        _grid.Run(3);
        Assert.Equal(["m/0 Serving a", "m/1 Serving b"], _grid.Shown);
        _grid["a"].Sick = [PlayedWorker.SickWith(state, IllnessKind.Threw)];
        _grid.Hear(_grid["a"].Report());
        _grid.Step();
        Assert.Equal(state == DeviceState.Out ? ["m/0 Loading a", "m/1 Serving b"] : ["m/1 Serving b"], _grid.Shown);
        Assert.Equal(ModelState.Ready, _grid.Table.Models[0].State);
        Assert.Equal(("cpu:0", (int)state), (_grid.Table.Nodes[0].SickDevices[0].Device, _grid.Table.Nodes[0].SickDevices[0].State));
        Assert.Contains("a/cpu:0: the probe is off by 0.1", _grid.Table.Models[0].Problem!, StringComparison.Ordinal);
        _grid.Run(3);
        Assert.Equal(state == DeviceState.Out ? 1 : 0, _grid["a"].Stages.Count());
        Assert.Equal(state == DeviceState.Out ? ["m/0 Loading a", "m/1 Serving b"] : ["m/1 Serving b"], _grid.Shown);
    }

    [Fact]
    public void A_sick_devices_only_replica_is_loaded_elsewhere_and_comes_back_to_it_never_by_itself()
    {
        _grid.Join("a", PlayedWorker.Card("m"));
        _grid.Run(3);
        _grid.Join("b", PlayedWorker.Card("m"));
        _grid.Run(2);
        Assert.Equal(["m/0 Serving a"], _grid.Shown);
        _grid["a"].Sick = [PlayedWorker.SickWith(DeviceState.Out, IllnessKind.Hung)];
        _grid.Run(3);
        Assert.Equal(["m/0 Serving b"], _grid.Shown);
        _grid["a"].Sick = [];
        _grid.Run(3);
        Assert.Equal(["m/0 Serving b"], _grid.Shown);
        Assert.Empty(_grid.Table.Nodes[0].SickDevices);
    }

    [Fact]
    public void A_device_that_is_well_again_serves_on_with_what_it_has_kept()
    {
        _grid.Join("a", PlayedWorker.Card("m"));
        _grid.Run(3);
        long epoch = _grid.Replicas.Single().Layout.Key.Epoch;
        _grid["a"].Sick = [PlayedWorker.SickWith(DeviceState.Out, IllnessKind.Threw)];
        _grid.Run(3);
        Assert.Equal(["m/0 Loading a"], _grid.Shown);
        // Its requests wait for it.
        Assert.Equal(ModelState.Ready, _grid.Table.Models[0].State);
        Assert.Contains("out of the pool: a/cpu:0", _grid.Table.Models[0].Problem!, StringComparison.Ordinal);
        _grid["a"].Sick = [];
        _grid.Round();
        Assert.Equal(["m/0 Serving a"], _grid.Shown);
        Assert.Equal(epoch, _grid.Replicas.Single().Layout.Key.Epoch);
    }

    [Fact]
    public void A_sick_middle_segment_of_three_has_the_replica_rebuilt_on_devices_that_are_well()
    {
        foreach (string name in (string[])["a", "b", "c"])
            _grid.Join(name, PlayedWorker.Card("m", segments: 3));
        _grid.Run(3);
        ReplicaRow before = Assert.Single(_grid.Replicas);
        Assert.Equal(3, before.Layout.Stages.Select(stage => stage.Node.Node).Distinct().Count());
        string middle = before.Layout.Stages[1].Node.Node;
        _grid.Join("d", PlayedWorker.Card("m", segments: 3));
        _grid[middle].Sick = [PlayedWorker.SickWith(DeviceState.Lost, IllnessKind.ContextLost)];
        _grid.Run(4);
        ReplicaRow after = Assert.Single(_grid.Replicas);
        Assert.Equal(ReplicaState.Serving, after.State);
        Assert.DoesNotContain(middle, after.Layout.Stages.Select(stage => stage.Node.Node));
        Assert.True(after.Layout.Key.Epoch > before.Layout.Key.Epoch);
    }

    [Fact]
    public void A_device_that_is_kept_although_its_probe_is_wrong_has_nothing_recalled_until_it_is_out()
    {
        _grid.Join("a", PlayedWorker.Card("m"));
        _grid.Run(3);
        _grid["a"].Sick = [PlayedWorker.SickWith(DeviceState.Slow, IllnessKind.WrongProbe)];
        _grid.Run(2);
        Assert.Empty(_grid.Table.RecallRows);
        Assert.Equal(["m/0 Serving a"], _grid.Shown);
        _grid["a"].Sick = [PlayedWorker.SickWith(DeviceState.Out, IllnessKind.WrongProbe, found: 200)];
        _grid.Run(2);
        Assert.Equal(160_000, _grid.Table.RecallRows.Single().Until - _grid.Table.RecallRows.Single().Since);
    }

    [Fact]
    public void A_new_planner_does_not_let_a_sick_device_serve()
    {
        _grid.Join("a", PlayedWorker.Card("m"));
        _grid.Run(3);
        _grid["a"].Sick = [PlayedWorker.SickWith(DeviceState.Out, IllnessKind.Threw)];
        _grid.NewPlanner(7);
        _grid.HearAll();
        _grid.Settle();
        _grid.Run(2);
        Assert.Equal(["m/0 Loading a"], _grid.Shown);
        _grid["a"].Sick = [];
        _grid.Run(2);
        Assert.Equal(["m/0 Serving a"], _grid.Shown);
    }

    [Fact]
    public void A_slow_device_serves_on_and_is_counted_with_what_is_left_of_it()
    {
        _grid.Join("a", PlayedWorker.Card("m", replicas: 2));
        _grid.Join("b", PlayedWorker.Card("m", replicas: 2));
        _grid.Run(3);
        double whole = _grid.Replicas.First().ImagesPerSecond;
        _grid["a"].Sick = [PlayedWorker.SickWith(DeviceState.Slow, IllnessKind.TooSlow, share: 0.28)];
        _grid.Run(2);
        Assert.Equal(["m/0 Serving a", "m/1 Serving b"], _grid.Shown);
        Assert.Equal([0.3, 1], _grid.Replicas.Select(row => Math.Round(row.ImagesPerSecond / whole, 9)));
        _grid["a"].Sick = [];
        _grid.Run(2);
        Assert.Equal([whole, whole], _grid.Replicas.Select(row => row.ImagesPerSecond));
    }

    [Theory]
    [InlineData(IllnessKind.WrongProbe, true)]
    [InlineData(IllnessKind.WeightsChanged, true)]
    [InlineData(IllnessKind.Disagreed, true)]
    [InlineData(IllnessKind.Threw, false)]
    [InlineData(IllnessKind.Hung, false)]
    [InlineData(IllnessKind.NotFinite, false)]
    public void Vectors_are_recalled_of_a_device_that_may_have_answered_wrong_and_of_no_other(IllnessKind kind, bool recalled)
    {
        _grid.Join("a", PlayedWorker.Card("m"));
        _grid.Run(3);
        _grid["a"].Sick = [PlayedWorker.SickWith(DeviceState.Out, kind)];
        _grid.Round();
        Assert.Equal(recalled ? 1 : 0, _grid.Table.RecallRows.Length);
        if (recalled)
        {
            RecallRow recall = _grid.Table.RecallRows[0];
            Assert.Equal(("a/cpu:0", 60_000), (recall.Device, recall.Until - recall.Since));
        }
    }

    [Fact]
    public void A_recall_is_told_once_outlives_its_worker_and_reaches_the_next_planner_from_a_worker_that_lives()
    {
        _grid.Join("a", PlayedWorker.Card("m"));
        _grid.Join("b", PlayedWorker.Card("m"));
        _grid["a"].Sick = [PlayedWorker.SickWith(DeviceState.Out, IllnessKind.WrongProbe)];
        _grid["b"].Sick = [PlayedWorker.SickWith(DeviceState.Out, IllnessKind.WrongProbe, good: null)];
        _grid.Run(3);
        Assert.Equal(["a/cpu:0", "b/cpu:0"], _grid.Table.RecallRows.Select(recall => recall.Device));
        Assert.Equal(0, _grid.Table.RecallRows[1].Since);
        _grid.Die("a");
        _grid.Run(2);
        Assert.Equal(["a/cpu:0", "b/cpu:0"], _grid.Table.RecallRows.Select(recall => recall.Device));
        _grid.NewPlanner(7);
        _grid.HearAll();
        _grid.Settle();
        _grid.Run(2);
        Assert.Equal(["b/cpu:0"], _grid.Table.RecallRows.Select(recall => recall.Device));
    }
}
