using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using VitGrid.Cluster.Planning;
using static VitGrid.Cluster.Tests.Planning.PlannedGrids;

namespace VitGrid.Cluster.Tests.Planning;

public sealed class ReplanningTests
{
    [Property(MaxTest = 300)]
    public Property A_plan_made_for_the_same_grid_stays_as_it_is() => Prop.ForAll(Any(), grid =>
    {
        ClusterPlan plan = ClusterPlanner.Plan(grid.Models, grid.Devices, null);
        ClusterPlannerTests.AssertSame(plan, ClusterPlanner.Plan(grid.Models, grid.Devices, plan));
    });

    [Property(MaxTest = 300)]
    public Property A_replanned_grid_is_at_rest() => Prop.ForAll(Any(), grid =>
    {
        ClusterPlan before = ClusterPlanner.Plan(grid.Models, grid.Devices[1..], null);
        ClusterPlan plan = ClusterPlanner.Plan(grid.Models, grid.Devices, before);
        ClusterPlannerTests.AssertSame(plan, ClusterPlanner.Plan(grid.Models, grid.Devices, plan));
    });

    [Property(MaxTest = 500)]
    public Property A_device_that_joins_changes_no_replica_unless_a_fresh_plan_doubles_a_model_or_segments_are_spread() =>
        Prop.ForAll(Any(), grid =>
    {
        ClusterPlan before = ClusterPlanner.Plan(grid.Models, grid.Devices[1..], null);
        ClusterPlan after = ClusterPlanner.Plan(grid.Models, grid.Devices, before);
        if (!IsWorthMoving(grid.Models, grid.Devices, before))
            AssertKept(before.Replicas.Where(replica => !IsCrowded(replica)), after);
    });

    [Property(MaxTest = 500)]
    public Property A_device_that_dies_or_leaves_changes_only_its_own_replicas_unless_a_fresh_plan_doubles_a_model(bool leaves) =>
        Prop.ForAll(Any(), grid =>
    {
        GridDevice[] living = leaves ? [grid.Devices[0] with { Leaving = true }, .. grid.Devices[1..]] : grid.Devices[1..];
        ClusterPlan before = ClusterPlanner.Plan(grid.Models, grid.Devices, null);
        ClusterPlan after = ClusterPlanner.Plan(grid.Models, living, before);
        PlacedReplica[] untouched = [.. before.Replicas.Where(replica => replica.Segments.All(segment => segment.Node != "n0"))];
        if (!IsWorthMoving(grid.Models, living, before))
            AssertKept(untouched.Where(replica => !IsCrowded(replica)), after);
    });

    [Property(MaxTest = 300)]
    public Property Whatever_came_before_a_plan_serves_every_model_at_more_than_half_the_rate_of_a_fresh_one(bool leaves) =>
        Prop.ForAll(Any(), grid =>
    {
        GridDevice[] now = leaves ? grid.Devices[1..] : grid.Devices;
        ClusterPlan plan = ClusterPlanner.Plan(
            grid.Models, now, ClusterPlanner.Plan(grid.Models, leaves ? grid.Devices : grid.Devices[1..], null));
        ClusterPlan fresh = ClusterPlanner.Plan(grid.Models, now, null);
        Assert.All(grid.Models, model => Assert.True(
            fresh.ImagesPerSecond(model.Name) == 0 || plan.ImagesPerSecond(model.Name) * 2 > fresh.ImagesPerSecond(model.Name)));
    });

    [Property(MaxTest = 300)]
    public Property A_plan_from_before_keeps_every_promise_of_a_fresh_one(bool leaves) => Prop.ForAll(Any(), grid =>
    {
        GridDevice[] now = leaves ? grid.Devices[1..] : grid.Devices;
        ClusterPlan plan = ClusterPlanner.Plan(
            grid.Models, now, ClusterPlanner.Plan(grid.Models, leaves ? grid.Devices : grid.Devices[1..], null));
        PlanPromises.Check(new(grid.Models, now), plan);
    });

    [Fact]
    public void Three_segments_of_which_one_dies_go_on_over_two_nodes_and_spread_again_when_it_comes_back()
    {
        GridModel[] models = [Encoder("m", 12, segments: 3)];
        GridDevice[] three = [.. "abc".Select(node => Device($"{node}", null))];
        ClusterPlan first = ClusterPlanner.Plan(models, three, null);
        ClusterPlan dead = ClusterPlanner.Plan(models, three[..2], first);
        Assert.Equal("m/0: 0..3@a 4..7@b 8..11@b", Assert.Single(Show(dead)));
        Assert.Equal(Show(first), Show(ClusterPlanner.Plan(models, three, dead)));
    }

    [Fact]
    public void A_spare_takes_the_blocks_of_the_dead_and_the_others_stay()
    {
        GridModel[] models = [Encoder("m", 12)];
        GridDevice[] grid = [.. "abcd".Select(node => Device($"{node}", Room(5)))];
        ClusterPlan first = ClusterPlanner.Plan(models, grid, null);
        Assert.Equal("m/0: 0..3@a 4..7@b 8..11@c", Assert.Single(Show(first)));
        Assert.Equal("m/0: 0..3@a 4..7@d 8..11@c", Assert.Single(Show(ClusterPlanner.Plan(models, [grid[0], .. grid[2..]], first))));
    }

    [Fact]
    public void A_drained_node_hands_its_replica_to_another_under_the_same_number()
    {
        GridModel[] models = [Encoder("m", 4, replicas: 2)];
        GridDevice[] grid = [.. "abc".Select(node => Device($"{node}", null))];
        ClusterPlan first = ClusterPlanner.Plan(models, grid, null);
        Assert.Equal(["m/0: 0..3@c", "m/1: 0..3@b"], Show(
            ClusterPlanner.Plan(models, [grid[0] with { Leaving = true }, .. grid[1..]], first)));
    }

    [Fact]
    public void A_new_model_gets_devices_of_one_that_has_many_and_the_rest_stay()
    {
        GridDevice[] grid = [.. Enumerable.Range(0, 4).Select(i => Device($"n{i}", Room(4)))];
        ClusterPlan first = ClusterPlanner.Plan([Encoder("old", 4)], grid, null);
        ClusterPlan plan = ClusterPlanner.Plan([Encoder("old", 4), Encoder("new", 4)], grid, first);
        Assert.Equal(["new/0: 0..3@n2", "new/1: 0..3@n3", "old/0: 0..3@n0", "old/1: 0..3@n1"], Show(plan));
    }

    [Fact]
    public void Models_that_shared_a_device_part_when_another_joins()
    {
        GridModel[] models = [Encoder("a", 4), Encoder("b", 4)];
        ClusterPlan shared = ClusterPlanner.Plan(models, [Device("n0", null)], null);
        Assert.Equal(["a/0: 0..3@n0", "b/0: 0..3@n1"], Show(ClusterPlanner.Plan(models, [Device("n0", null), Device("n1", null)], shared)));
    }

    private static bool IsCrowded(PlacedReplica replica) =>
        replica.Segments.Select(segment => segment.Node).Distinct().Count() < replica.Segments.Length;

    private static void AssertKept(IEnumerable<PlacedReplica> replicas, ClusterPlan plan) =>
        Assert.Empty(replicas.Select(Show).Except(Show(plan)));

    /// <summary>
    /// The exception to "nothing moves": the best that can be done without moving serves some model at half the rate of a fresh plan or
    /// less.
    /// </summary>
    private static bool IsWorthMoving(GridModel[] models, GridDevice[] devices, ClusterPlan before) =>
        ClusterPlanner.Starved(models, ClusterPlanner.Keep(models, devices, before), ClusterPlanner.Plan(models, devices, null)).Count > 0;
}
