using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using VitGrid.Cluster.Contracts;

namespace VitGrid.Cluster.Tests.Planning.Ledger;

/// <summary>
/// Planners that are cut off, replaced and put back, tables that travel late or not at all, and a membership that begins anew. Whatever
/// came before, once everybody hears everybody again the table that all know is the one of the planner that the membership holds.
/// </summary>
public sealed class RivalPlannerTests
{
    public enum Act
    {
        CutPlanner,
        RestorePlanner,
        RestartPlanner,
        Join,
        Leave,
        EmptyMembership,
        Report,
        Watch,
        Step,
        StepRival,
        Load,
    }

    [Fact]
    public void A_planner_that_was_cut_off_and_put_back_publishes_below_its_successor()
    {
        RivalGrid grid = Served();
        RivalPlanner first = grid.Planner;
        grid.Replace();
        grid.Run(3);
        long current = grid.FrontEnd.Current.Version;
        grid.JoinUnseenBy(first);
        first.Hear(grid.Workers["b"].Report() with { TableVersion = 0 }, grid.Now);
        GridTable late = first.Step(grid.Now);
        Assert.True(late.Version < current, $"{late.Version} would win over {current}");
    }

    [Fact]
    public void A_planner_that_hears_of_a_higher_table_decides_nothing_until_the_membership_vouches_for_it()
    {
        RivalGrid grid = Served();
        RivalPlanner first = grid.Planner;
        grid.Replace();
        grid.Run(3);
        GridTable before = first.Table;
        first.Ledger.Hear(grid.FrontEnd.Current.Version);
        Assert.Same(before, first.Step(grid.Now));
        Assert.True(first.Ledger.IsOutranked);
        first.Ledger.Prove();
        Assert.True(first.Step(grid.Now).Version > grid.FrontEnd.Current.Version);
    }

    [Fact]
    public void A_stranger_table_above_the_planners_own_is_answered_with_its_own_above_it()
    {
        RivalGrid grid = Served();
        GridTable stranger = grid.FrontEnd.Current with { Version = grid.FrontEnd.Current.Version + 1_000, Models = [] };
        grid.FrontEnd.Offer(stranger);
        grid.Run(2);
        Assert.True(grid.FrontEnd.Current.Version > stranger.Version);
        Assert.NotEmpty(grid.FrontEnd.Current.Models);
    }

    [Fact]
    public void A_table_that_a_clock_numbered_is_below_every_term()
    {
        long anHourAhead = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeMilliseconds();
        Assert.True(TableOrder.First(0) > anHourAhead);
        Assert.Equal(0, TableOrder.TermOf(anHourAhead));
        Assert.Equal(7, TableOrder.TermOf(TableOrder.First(7) + 12_345));
    }

    [Fact]
    public void Two_planners_of_one_term_give_out_no_epoch_twice()
    {
        RivalGrid grid = Served();
        long[] before = [.. grid.FrontEnd.Current.Models.SelectMany(model => model.Replicas).Select(row => row.Layout.Key.Epoch)];
        RivalPlanner other = new("c", grid.Term, salt: 1 << 20);
        other.Hear(grid.Workers["b"].Report() with { TableVersion = 0, Stages = [] }, grid.Now);
        GridTable table = other.Step(grid.Now);
        Assert.Empty(before.Intersect(table.Models.SelectMany(model => model.Replicas).Select(row => row.Layout.Key.Epoch)));
    }

    [Property(MaxTest = 300)]
    public Property Whatever_became_of_planners_all_come_to_know_the_table_of_the_membership() => Prop.ForAll(Scripts(), script =>
    {
        RivalGrid grid = Served();
        foreach ((Act act, int which) in script)
            Do(grid, act, which);
        grid.RestoreAll();
        grid.Run(30);
        Assert.Same(grid.Planner.Table, grid.FrontEnd.Current);
        Assert.All(grid.FrontEnd.Current.Models, model => Assert.True(model.Replicas.Length > 0, $"{model.Card.Name}: {model.Problem}"));
        Assert.Equal(grid.Workers.Keys.Order(), grid.FrontEnd.Current.Nodes.Select(node => node.Address.Node));
    });

    private static RivalGrid Served()
    {
        RivalGrid grid = new();
        grid.Join();
        grid.Join();
        grid.Run(4);
        return grid;
    }

    private static void Do(RivalGrid grid, Act act, int which)
    {
        if (act == Act.CutPlanner)
            grid.Replace();
        else if (act == Act.RestorePlanner)
            grid.Restore(which);
        else if (act == Act.RestartPlanner)
            grid.Restart(which);
        else if (act == Act.EmptyMembership)
            grid.EmptyMembership();
        else if (act == Act.Join)
            grid.Join();
        else if (act == Act.Leave)
            grid.Die(which);
        else if (act == Act.Report)
            grid.Report(which);
        else if (act == Act.Watch)
            grid.Watch();
        else if (act == Act.Step)
            grid.Step(grid.Planner);
        else if (act == Act.StepRival)
            grid.StepRival(which);
        else
            grid.Load();
    }

    private static Arbitrary<(Act Act, int Which)[]> Scripts() => Gen.ArrayOf(
        from act in Gen.Frequency(
            (2, Gen.Elements(Act.CutPlanner, Act.RestorePlanner, Act.RestartPlanner)),
            (1, Gen.Elements(Act.Join, Act.Leave, Act.EmptyMembership)),
            (6, Gen.Elements(Act.Report, Act.Watch, Act.Step, Act.StepRival, Act.Load)))
        from which in Gen.Choose(0, 99)
        select (act, which)).Resize(80).ToArbitrary();
}
