using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Planning.Ledger;
using VitGrid.Cluster.Segments;
using VitGrid.Cluster.Tests.Grid;
using VitGrid.Engine.Models;

namespace VitGrid.Cluster.Tests.Grains;

/// <summary>A planner whose predecessor is gone learns from the workers' reports what there is.</summary>
public sealed class NewPlannerTests
{
    private static readonly LedgerTimes Times = new(TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero);
    private static readonly ModelCard Card = ModelCard.From(
        "tiny", "f", ModelOpener.OpenAll(TestGrid.Options(segments: 2), [new("cpu:0", "", null, 1, null, 1)]).Single().Facts);

    [Fact]
    public void What_is_loaded_whole_goes_on_serving_also_where_the_last_report_completes_it()
    {
        GridTable before = Planned(out WorkerReport[] workers);
        GridTable after = NewPlanner([.. workers.Select(worker => Loaded(worker, before))]);
        ReplicaRow replica = Assert.Single(after.Models.Single().Replicas);
        Assert.Equal((before.Models.Single().Replicas.Single().Layout.Key, ReplicaState.Serving), (replica.Layout.Key, replica.State));
    }

    [Fact]
    public void A_model_that_lost_a_stage_with_the_last_planner_stays_ready_while_it_is_loaded_anew()
    {
        GridTable before = Planned(out WorkerReport[] workers);
        ModelRow after = NewPlanner(Loaded(workers[1], before), Worker("third")).Models.Single();
        Assert.Equal((ModelState.Ready, ReplicaState.Loading), (after.State, Assert.Single(after.Replicas).State));
    }

    [Fact]
    public void A_model_of_which_nothing_was_ever_loaded_is_loading() =>
        Assert.Equal(ModelState.Loading, NewPlanner(Worker("first"), Worker("second")).Models.Single().State);

    /// <summary>The table of a planner that has just placed the model on two workers.</summary>
    private static GridTable Planned(out WorkerReport[] workers)
    {
        workers = [Worker("first"), Worker("second")];
        return NewPlanner(workers);
    }

    /// <summary>Reports come one after the other, each followed by a step, as the planner grain does.</summary>
    private static GridTable NewPlanner(params WorkerReport[] reports)
    {
        GridLedger ledger = new(1, Times);
        string[] alive = [.. reports.Select(report => report.Address.Node)];
        GridTable table = GridTable.Empty;
        for (int i = 0; i < reports.Length; i++)
        {
            ledger.Hear(reports[i], TimeSpan.Zero);
            ledger.Prove();
            table = ledger.Step(TimeSpan.Zero, new(1, alive), settled: i == reports.Length - 1).Table;
        }
        return table;
    }

    private static WorkerReport Loaded(WorkerReport worker, GridTable table)
    {
        ReplicaLayout layout = table.Models.Single().Replicas.Single().Layout;
        return worker with
        {
            Stages = [.. Enumerable.Range(0, layout.Stages.Length).Where(i => layout.Stages[i].Node == worker.Address).Select(
                i => new StageReport(layout, i, StageState.Ready, null, 0))],
            TableVersion = table.Version,
        };
    }

    private static WorkerReport Worker(string node) => new()
    {
        Address = new(node, 1, null),
        Machine = node,
        ProcessId = 1,
        Devices = [new("cpu:0", "processor", null, 1e9, null, 1)],
        Models = [Card],
    };
}
