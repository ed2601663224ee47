using VitGrid.Cluster.Administration;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Models;
using VitGrid.Runtime.Health;

namespace VitGrid.Cluster.Tests.Administration;

/// <summary>When a worker may be given work, and what it says until then.</summary>
public sealed class GridReadinessTests
{
    private static readonly NodeRow Known = new(new("worker", 1, null), 1, Leaving: false, []);

    [Fact]
    public void A_process_with_a_sick_device_is_ready_while_another_serves_and_says_what_is_wrong()
    {
        DeviceStatus well = new("cpu:0", DeviceState.Healthy);
        DeviceStatus sick = new("cpu:1", DeviceState.Lost)
        {
            Illness = new(IllnessKind.Hung, "a run has taken 9 s", DateTimeOffset.UnixEpoch, null, "m"),
        };
        GridReadiness some = GridReadiness.FromDevices([well, sick]), none = GridReadiness.FromDevices([sick]);
        Assert.True(some.IsReady);
        Assert.Equal(["device cpu:1: it is lost: a run has taken 9 s"], some.WaitsFor);
        Assert.False(none.IsReady);
        Assert.True(GridReadiness.FromDevices([]).IsReady);
        Assert.False(new GridReadiness([]).And(none).IsReady);
    }

    [Fact]
    public void A_worker_the_planner_knows_with_all_stages_loaded_is_ready_and_so_is_one_with_none()
    {
        Assert.True(GridReadiness.OfWorker([], [], [Stage(StageState.Ready)], Known).IsReady);
        Assert.True(GridReadiness.OfWorker([], [], [], Known).IsReady);
    }

    [Fact]
    public void A_worker_tells_everything_it_waits_for()
    {
        GridReadiness readiness = GridReadiness.OfWorker(["big"], [], [Stage(StageState.Ready), Stage(StageState.Loading)], row: null);
        Assert.Equal(
            [
                "model big: its weights are being read",
                "the table: the planner has not taken this worker up yet",
                "stage m/0/7/0: it is loading",
            ],
            readiness.WaitsFor);
        Assert.False(readiness.Failed);
    }

    [Fact]
    public void What_failed_is_told_with_its_reason_and_as_failed()
    {
        Assert.Equal(["stage m/0/7/0: it could not be loaded: out of memory"], Failed(
            GridReadiness.OfWorker([], [], [Stage(StageState.Failed)], Known)));
        Assert.Equal(["model big: its weights cannot be read: cut off"], Failed(
            GridReadiness.OfWorker([], [new("big", "cut off")], [], Known)));

        static IReadOnlyList<string> Failed(GridReadiness readiness)
        {
            Assert.True(readiness.Failed);
            return readiness.WaitsFor;
        }
    }

    [Fact]
    public void A_worker_that_is_to_leave_is_not_ready() =>
        Assert.False(GridReadiness.OfWorker([], [], [Stage(StageState.Ready)], Known with { Leaving = true }).IsReady);

    [Fact]
    public void A_process_of_two_parts_is_ready_when_both_are()
    {
        GridReadiness ready = new([]), waiting = new(["x"]), failed = new(["y"], Failed: true);
        Assert.True(ready.And(ready).IsReady);
        Assert.Equal((false, false), (ready.And(waiting).IsReady, ready.And(waiting).Failed));
        Assert.Equal(["x", "y"], waiting.And(failed).WaitsFor);
        Assert.True(waiting.And(failed).Failed);
    }

    [Fact]
    public void A_front_end_is_ready_when_one_model_answers_and_tells_what_the_others_lack()
    {
        ModelInfo good = Model("good", ModelState.Ready), big = Model("big", ModelState.Loading) with { Failure = "it does not fit" };
        ModelInfo torn = Model("torn", ModelState.Failed) with { Failure = "cut off" }, gone = Model("gone", ModelState.Absent);
        GridReadiness ready = GridReadiness.FromModels([good, big, torn, gone]);
        Assert.Equal((true, false), (ready.IsReady, ready.Failed));
        Assert.Equal(
            ["model big: it is loading: it does not fit", "model torn: it failed: cut off", "model gone: it is not served"],
            ready.WaitsFor);
        Assert.Equal((false, true), (GridReadiness.FromModels([big, torn]).IsReady, GridReadiness.FromModels([big, torn]).Failed));
        Assert.Equal((false, false), (GridReadiness.FromModels([big, gone]).IsReady, GridReadiness.FromModels([big, gone]).Failed));
    }

    [Fact]
    public void A_ready_model_counts_only_where_a_replica_of_it_is_reached()
    {
        ModelInfo[] models = [Model("here", ModelState.Ready), Model("cut", ModelState.Ready)];
        GridReadiness one = GridReadiness.FromFrontEnd(models, model => model.Name == "here");
        Assert.True(one.IsReady);
        Assert.Equal(["model cut: no replica of it serves that this process reaches"], one.WaitsFor);
        Assert.False(GridReadiness.FromFrontEnd(models, _ => false).IsReady);
    }

    [Fact]
    public void A_table_that_no_planner_has_confirmed_for_long_is_not_current()
    {
        GridTable table = new(7, [], []);
        TimeSpan last = TimeSpan.FromHours(3);
        Assert.Equal("the table: no worker has been met yet", FrontEndReadiness.Lack(GridTable.Empty, last, last));
        Assert.Equal("the table: no worker has been met yet", FrontEndReadiness.Lack(table, null, last));
        Assert.Null(FrontEndReadiness.Lack(table, last, last + FrontEndReadiness.MaxAge));
        string? lack = FrontEndReadiness.Lack(table, last, last + TimeSpan.FromSeconds(16));
        Assert.Equal("the table: no planner has confirmed it for 16 s (limit 15 s)", lack);
    }

    private static ModelInfo Model(string name, ModelState state) => ModelInfo.From(name, TinyFacts.Create(1, 1), state);

    private static StageReport Stage(StageState state) =>
        new(new(new("m", 0, 7), [new(0, 4, Known.Address, "cpu:0", 1)]), 0, state, state == StageState.Failed ? "out of memory" : null, 0);
}
