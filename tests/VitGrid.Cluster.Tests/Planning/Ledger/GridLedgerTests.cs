using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Planning.Ledger;
using VitGrid.Engine.Models;
using VitGrid.Engine.Replica;

namespace VitGrid.Cluster.Tests.Planning.Ledger;

public sealed class GridLedgerTests
{
    private readonly LedgerGrid _grid = new();

    [Fact]
    public void A_first_worker_is_told_to_load_and_serves_once_it_has()
    {
        PlayedWorker worker = _grid.Join("a", PlayedWorker.Card("m"));
        _grid.Round();
        Assert.Equal(["m/0 Loading a"], _grid.Shown);
        _grid.Round();
        Assert.Equal(["m/0 Loading a"], _grid.Shown);
        worker.Load();
        _grid.Round();
        Assert.Equal(["m/0 Serving a"], _grid.Shown);
        Assert.Equal(ModelState.Ready, _grid.Table.Models[0].State);
    }

    [Fact]
    public void A_leaving_worker_serves_until_its_stage_is_loaded_elsewhere_and_only_then_gives_it_up()
    {
        _grid.Join("a", PlayedWorker.Card("m"));
        _grid.Run(3);
        _grid.Join("b", PlayedWorker.Card("m"));
        _grid["a"].Leaving = true;
        _grid.Round();
        _grid.Round();
        Assert.Equal(["m/0 Serving a", "m/0 Loading b"], _grid.Shown);
        _grid["b"].Load();
        _grid["a"].Hold(1);
        _grid.Round();
        Assert.Equal(["m/0 Retiring a", "m/0 Serving b"], _grid.Shown);
        _grid.Run(5);
        Assert.Single(_grid["a"].Stages);
        _grid["a"].Hold(0);
        _grid.Run(2);
        Assert.Equal(["m/0 Serving b"], _grid.Shown);
        Assert.Empty(_grid["a"].Stages);
    }

    [Fact]
    public void A_worker_asked_to_leave_is_shown_as_leaving_before_it_says_so_itself()
    {
        _grid.Join("a", PlayedWorker.Card("m"));
        _grid.Run(3);
        Assert.False(_grid.AskToLeave("b"));
        Assert.True(_grid.AskToLeave("a"));
        _grid.Step();
        Assert.True(_grid.Table.Nodes.Single().Leaving);
    }

    [Fact]
    public void Batches_that_never_end_hold_a_retired_incarnation_no_longer_than_the_limit()
    {
        _grid.Join("a", PlayedWorker.Card("m"));
        _grid.Run(3);
        _grid.Join("b", PlayedWorker.Card("m"));
        _grid["a"].Leaving = true;
        _grid["a"].Hold(1);
        _grid.Run(4);
        _grid.Wait(LedgerGrid.Times.DrainLimit);
        _grid.Run(2);
        Assert.Equal(["m/0 Serving b"], _grid.Shown);
        Assert.Empty(_grid["a"].Stages);
    }

    [Fact]
    public void A_dead_workers_incarnations_vanish_at_once_and_are_planned_again()
    {
        _grid.Join("a", PlayedWorker.Card("m", segments: 2));
        _grid.Join("b", PlayedWorker.Card("m", segments: 2));
        _grid.Join("c", PlayedWorker.Card("m", segments: 2));
        _grid.Run(3);
        ReplicaLayout before = Assert.Single(_grid.Replicas).Layout;
        string dead = before.Stages[1].Node.Node;
        _grid.Die(dead);
        _grid.Step();
        ReplicaRow row = Assert.Single(_grid.Replicas);
        Assert.Equal(ReplicaState.Loading, row.State);
        Assert.True(row.Layout.Key.Epoch > before.Key.Epoch);
        Assert.DoesNotContain(row.Layout.Stages, stage => stage.Node.Node == dead);
        _grid.Run(3);
        Assert.Equal(ReplicaState.Serving, Assert.Single(_grid.Replicas).State);
        Assert.All(_grid.Workers.SelectMany(worker => worker.Stages), stage => Assert.Equal(row.Layout.Key, stage.Replica));
    }

    [Fact]
    public void Where_memory_does_not_hold_old_and_new_side_by_side_the_old_one_goes_first_and_is_gone_before_the_new_one_loads()
    {
        _grid.Join("a", PlayedWorker.Card("m", segments: 2), 100_000_000);
        _grid.Run(3);
        long whole = _grid.Replicas.Single().Layout.Stages.Sum(stage => stage.Bytes);
        LedgerGrid tight = new();
        tight.Join("a", PlayedWorker.Card("m", segments: 2), whole);
        tight.Run(3);
        Assert.Equal(["m/0 Serving a a"], tight.Shown);

        // Its segments share a device for want of another; here is one.
        tight.Join("b", PlayedWorker.Card("m", segments: 2), whole);
        tight.Round();
        ReplicaKey old = tight.Replicas.First().Layout.Key;
        Assert.Equal(["m/0 Retiring a a", "m/0 Loading a b"], tight.Shown.Select(Sorted));
        for (int i = 0; i < 10 && tight.Replicas.Any(row => row.Layout.Key == old); i++)
        {
            tight.HearAll();
            tight.Step();
            Assert.DoesNotContain(tight.Commands, command => command is { Node: "a", Layout: not null });
            tight.FollowAll();
            tight.Wait(TimeSpan.FromSeconds(1));
        }
        tight.Run(4);
        Assert.Equal(["m/0 Serving a b"], tight.Shown.Select(Sorted));
    }

    [Fact]
    public void A_failed_load_is_told_and_tried_again_after_a_while_as_another_incarnation()
    {
        PlayedWorker worker = _grid.Join("a", PlayedWorker.Card("m"));
        _grid.Round();
        worker.Load(problem: "the file is torn");
        _grid.Round();
        Assert.Equal(["m/0 Failed a"], _grid.Shown);
        Assert.Equal((ModelState.Failed, "the file is torn"), (_grid.Table.Models[0].State, _grid.Table.Models[0].Problem));
        long epoch = _grid.Replicas.Single().Layout.Key.Epoch;
        _grid.Wait(LedgerGrid.Times.RetryAfter);
        _grid.Run(3);
        Assert.Equal(["m/0 Serving a"], _grid.Shown);
        Assert.True(_grid.Replicas.Single().Layout.Key.Epoch > epoch);
        Assert.Single(worker.Stages);
        Assert.Null(_grid.Table.Models[0].Problem);
    }

    [Fact]
    public void A_new_planner_takes_over_what_is_loaded_and_goes_on_above_the_highest_version()
    {
        _grid.Join("a", PlayedWorker.Card("m", segments: 2));
        _grid.Join("b", PlayedWorker.Card("m", segments: 2));
        _grid.Run(4);
        GridTable before = _grid.Table;
        _grid.NewPlanner();
        _grid.HearAll();
        Assert.Empty(_grid.Step().Commands);
        _grid.Settle();
        _grid.Run(2);
        Assert.True(_grid.Table.Version > before.Version);
        ReplicaRow row = Assert.Single(_grid.Replicas);
        Assert.Equal((before.Models[0].Replicas[0].Layout.Key, ReplicaState.Serving), (row.Layout.Key, row.State));
    }

    [Fact]
    public void A_new_planner_uses_no_epoch_again_that_a_worker_heard_of_by_a_command_alone()
    {
        _grid.Join("a", PlayedWorker.Card("m"));
        _grid.HearAll();
        _grid.Step();
        _grid.FollowAll();
        // The planner dies before any worker has the table, and the next one stands in the same term.
        long used = _grid["a"].Stages.Single().Replica.Epoch;
        _grid.NewPlanner();
        _grid.HearAll();
        _grid.Settle();
        _grid.Step();
        Assert.True(_grid.Commands.Single(command => command.Layout is not null).Stage.Replica.Epoch > used);
        Assert.Contains(_grid.Commands, command => command.Layout is null && command.Stage.Replica.Epoch == used);
    }

    [Fact]
    public void A_replica_that_was_taken_over_counts_with_the_speed_of_the_plan()
    {
        _grid.Join("a", PlayedWorker.Card("m", replicas: 0));
        _grid.Run(3);
        double planned = _grid.Replicas.Single().ImagesPerSecond;
        _grid.NewPlanner();
        _grid.HearAll();
        _grid.Step();
        _grid.Settle();
        _grid.Join("b", PlayedWorker.Card("m", replicas: 0));
        _grid.Run(4);
        Assert.Equal(["m/0 Serving a", "m/1 Serving b"], _grid.Shown);
        Assert.All(_grid.Replicas, row => Assert.Equal(planned, row.ImagesPerSecond));
    }

    [Fact]
    public void Workers_with_other_weights_under_one_name_are_not_mixed_and_the_conflict_is_told()
    {
        _grid.Join("a", PlayedWorker.Card("m", replicas: 0));
        _grid.Run(3);
        _grid.Join("b", PlayedWorker.Card("m", replicas: 0, fingerprint: "f2"));
        _grid.Join("c", PlayedWorker.Card("m", replicas: 0, fingerprint: "f2"));
        _grid.Run(3);
        Assert.Equal(["m/0 Serving a"], _grid.Shown);
        ModelRow row = _grid.Table.Models.Single();
        Assert.Equal("f1", row.Card.Fingerprint);
        Assert.Contains("b, c hold(s) other weights, precision or preprocessing under the name 'm' than fingerprint f1", row.Problem,
            StringComparison.Ordinal);
        _grid.Die("a");
        _grid.Run(3);
        Assert.Equal(["m/0 Serving b", "m/1 Serving c"], _grid.Shown);
        Assert.Null(_grid.Table.Models.Single().Problem);
    }

    [Fact]
    public void A_worker_that_computes_otherwise_is_refused_by_name_until_the_model_has_a_name_for_each()
    {
        _grid.Join("a", PlayedWorker.Card("m", replicas: 0, arithmetic: "fp32"));
        _grid.Run(3);
        _grid.Join("b", PlayedWorker.Card("m", replicas: 0, arithmetic: "openvino-fp32"));
        _grid.Run(3);
        Assert.Equal(["m/0 Serving a"], _grid.Shown);
        Assert.Equal(
            "b compute(s) 'm' as openvino-fp32, and fp32 is served; one name stands for one arithmetic: give the model another name there "
                + "(Models:0:Name), or devices of the same kind",
            _grid.Table.Models.Single().Problem);
        _grid.Die("b");
        _grid.Join("c", PlayedWorker.Card("m-openvino", replicas: 0, arithmetic: "openvino-fp32"));
        _grid.Run(3);
        Assert.Equal(["m-openvino/0 Serving c", "m/0 Serving a"], _grid.Shown.Order(StringComparer.Ordinal));
        Assert.All(_grid.Table.Models, model => Assert.Null(model.Problem));
    }

    [Fact]
    public void A_table_is_made_only_when_there_is_something_new_to_say()
    {
        _grid.Join("a", PlayedWorker.Card("m"));
        _grid.Run(4);
        GridTable table = _grid.Table;
        _grid.Run(20);
        Assert.Same(table, _grid.Table);
        _grid["a"].Hold(3);
        _grid.Run(1);
        Assert.Same(table, _grid.Table);
    }

    [Fact]
    public void A_stage_that_nobody_wants_is_released()
    {
        PlayedWorker worker = _grid.Join("a", PlayedWorker.Card("m"));
        _grid.Run(3);
        ReplicaLayout layout = _grid.Replicas.Single().Layout with { Key = new("m", 7, 5) };
        worker.Follow(new(new(layout.Key, 0), "a", layout));
        _grid.HearAll();
        StageCommand command = Assert.Single(_grid.Step().Commands);
        Assert.Equal(new StageCommand(new(layout.Key, 0), "a", null), command);
    }

    [Fact]
    public void A_command_comes_again_until_a_report_says_that_it_was_followed()
    {
        _grid.Join("a", PlayedWorker.Card("m"));
        _grid.HearAll();
        StageCommand first = Assert.Single(_grid.Step().Commands);
        Assert.Equal(first, Assert.Single(_grid.Step().Commands));
        _grid.FollowAll();
        _grid.HearAll();
        Assert.Empty(_grid.Step().Commands);
    }

    [Fact]
    public void A_model_that_fits_nowhere_says_what_is_short()
    {
        _grid.Join("a", PlayedWorker.Card("m"), memory: 1_000);
        _grid.Run(2);
        Assert.Empty(_grid.Replicas);
        Assert.Contains("model 'm' does not fit", _grid.Table.Models.Single().Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_worker_that_cannot_read_a_models_weights_is_told_beside_those_that_serve_it()
    {
        _grid.Join("a", PlayedWorker.Card("m"));
        _grid.Run(3);
        _grid.Join("b", PlayedWorker.Card("other"));
        _grid.Hear(_grid["b"].Report() with { Models = [], Faults = [new("m", "the file is torn")] });
        _grid.Step();
        Assert.Equal("b: the file is torn", _grid.Table.Models.Single(model => model.Card.Name == "m").Problem);
    }

    private static string Sorted(string shown) => string.Join(' ', shown.Split(' ')[..2].Concat(shown.Split(' ')[2..].Order()));
}
