using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using VitGrid.Cluster.Planning;
using VitGrid.Model.Segments;
using static VitGrid.Cluster.Tests.Planning.PlannedGrids;

namespace VitGrid.Cluster.Tests.Planning;

public sealed class ClusterPlannerTests
{
    [Property(MaxTest = 300)]
    public Property Every_block_of_every_replica_stands_once_and_in_order() => ForAnyPlan((grid, plan) =>
        Assert.All(plan.Replicas, replica => PlanPromises.EveryBlockOnceAndInOrder(grid, replica)));

    [Property(MaxTest = 300)]
    public Property No_device_holds_more_than_its_memory() => ForAnyPlan((grid, plan) =>
        Assert.All(grid.Devices, device => PlanPromises.WithinMemory(device, plan)));

    [Property(MaxTest = 300)]
    public Property Nothing_is_planned_on_a_device_that_leaves_or_lacks_the_model() => ForAnyPlan((grid, plan) =>
        Assert.All(PlanPromises.Uses(grid, plan), use => Assert.True(
            use.Device.MayServe(use.Replica.Model), $"{Show(use.Replica)} on {use.Device.Node}")));

    [Property(MaxTest = 300)]
    public Property A_device_holds_one_replica_of_a_model() => ForAnyPlan((grid, plan) =>
        Assert.All(PlanPromises.Uses(grid, plan).Distinct().GroupBy(use => (use.Replica.Model, use.Device)), uses => Assert.Single(uses)));

    [Property(MaxTest = 300)]
    public Property A_replica_has_one_segment_a_device_unless_a_number_was_asked_for() => ForAnyPlan((grid, plan) =>
        Assert.All(plan.Replicas, replica => PlanPromises.AsManySegmentsAsDevicesOrAsAskedFor(grid, replica)));

    [Property(MaxTest = 300)]
    public Property No_replica_could_do_with_fewer_of_its_devices() => Prop.ForAll(OfOneModel(), grid =>
    {
        GridModel model = grid.Models[0] with { Segments = 0 };
        foreach (PlacedReplica replica in ClusterPlanner.Plan([model], grid.Devices, null).Replicas.Where(
            replica => replica.Segments.Length > 1))
        {
            PlanDevice[] own = [.. replica.Segments.Select(segment => PlanPromises.DeviceOf(grid, segment)).OrderByDescending(
                device => device.MemoryBytes).Select(device => new PlanDevice(device.Node, device.MemoryBytes))];
            Assert.False(Fits(model, own[..^1]));
        }
    });

    [Property(MaxTest = 300)]
    public Property The_first_replica_of_a_lone_model_has_the_fewest_segments_that_all_devices_allow() => Prop.ForAll(OfOneModel(), grid =>
    {
        GridModel model = grid.Models[0] with { Segments = 0, Replicas = 1 };
        ClusterPlan plan = ClusterPlanner.Plan([model], grid.Devices, null);
        PlanDevice[] open = [.. grid.Devices.Where(device => device.MayServe(model.Name)).OrderByDescending(
            device => device.MemoryBytes ?? long.MaxValue).Select(device => new PlanDevice(device.Node, device.MemoryBytes))];
        int? fewest = Enumerable.Range(1, open.Length).Where(count => Fits(model, open[..count])).Select(
            count => (int?)count).FirstOrDefault();
        Assert.Equal(fewest, plan.Replicas.SingleOrDefault()?.Segments.Length);
        Assert.Equal(fewest is null, plan.Shortages.Any());
    });

    [Property(MaxTest = 300)]
    public Property A_model_is_short_exactly_when_replicas_are_missing() => ForAnyPlan((grid, plan) =>
    {
        foreach (GridModel model in grid.Models)
        {
            int missing = Math.Max(0, Math.Max(1, model.Replicas) - plan.Replicas.Count(replica => replica.Model == model.Name));
            Assert.Equal(missing, plan.Shortages.SingleOrDefault(shortage => shortage.Model == model.Name)?.Replicas ?? 0);
        }
    });

    [Property(MaxTest = 300)]
    public Property A_model_without_a_replica_does_not_fit_beside_the_others() => ForAnyPlan((grid, plan) =>
    {
        foreach (GridModel model in grid.Models.Where(
            model => model.Segments == 0 && plan.Replicas.All(replica => replica.Model != model.Name)))
        {
            PlanDevice[] left = [.. grid.Devices.Where(device => device.MayServe(model.Name)).Select(
                device => new PlanDevice(device.Node, device.MemoryBytes - BytesOn(plan, device)))];
            Assert.False(Fits(model, left));
        }
    });

    [Property(MaxTest = 300)]
    public Property Models_that_fit_together_on_every_device_all_have_a_replica(byte models, byte devices)
    {
        GridModel[] served = [.. Enumerable.Range(0, (models % 6) + 1).Select(i => Encoder($"m{i}", (i % 5) + 1))];
        GridDevice[] grid = [.. Enumerable.Range(0, (devices % 4) + 1).Select(
            i => Device($"n{i}", served.Sum(model => Room(model.Costs.Depth)), i + 1))];
        ClusterPlan plan = ClusterPlanner.Plan(served, grid, null);
        return served.All(model => plan.Replicas.Any(replica => replica.Model == model.Name)).ToProperty();
    }

    [Property(MaxTest = 300)]
    public Property The_order_in_which_models_and_devices_are_listed_does_not_matter(int seed) => ForAnyPlan((grid, plan) =>
    {
        GridModel[] models = [.. grid.Models];
        GridDevice[] devices = [.. grid.Devices];
        Random random = new(seed);
        random.Shuffle(models);
        random.Shuffle(devices);
        AssertSame(plan, ClusterPlanner.Plan(models, devices, null));
    });

    [Fact]
    public void A_model_that_fits_one_device_is_replicated_on_each() => Assert.Equal(
        ["m/0: 0..7@a", "m/1: 0..7@b", "m/2: 0..7@c"],
        Show(ClusterPlanner.Plan([Encoder("m", 8)], [Device("a", Room(8)), Device("b", Room(8)), Device("c", null)], null)));

    [Fact]
    public void A_model_too_large_for_one_device_is_cut_into_the_fewest_segments_as_often_as_devices_allow() => Assert.Equal(
        ["m/0: 0..3@a 4..7@b", "m/1: 0..3@c 4..7@d"],
        Show(ClusterPlanner.Plan([Encoder("m", 8)], [.. "abcde".Select(node => Device($"{node}", Room(5)))], null)));

    [Fact]
    public void A_replica_stays_on_one_machine_where_it_can() => Assert.Equal(
        ["m/0: 0..3@b 4..7@d", "m/1: 0..3@a 4..7@c"],
        Show(ClusterPlanner.Plan(
            [Encoder("m", 8)], [Device("a", Room(5)), Device("b", Room(5), machine: "x"), Device("c", Room(5)), Device(
                "d", Room(5), machine: "x")], null)).Order(StringComparer.Ordinal));

    [Fact]
    public void A_device_twice_as_fast_gets_twice_the_blocks() => Assert.Equal(
        "m/0: 0..3@a 4..11@b",
        Assert.Single(Show(ClusterPlanner.Plan([Encoder("m", 12)], [Device("a", Room(9), 1), Device("b", Room(9), 2)], null))));

    [Fact]
    public void More_segments_than_devices_share_them_with_their_neighbours() => Assert.Equal(
        "m/0: 0..2@a 3..5@a 6..11@b",
        Assert.Single(Show(ClusterPlanner.Plan([Encoder("m", 12, segments: 3)], [Device("a", null), Device("b", null)], null))));

    [Fact]
    public void Devices_are_shared_between_models_by_their_arithmetic()
    {
        ClusterPlan plan = ClusterPlanner.Plan(
            [Encoder("large", 9), Encoder("small", 3)], [.. Enumerable.Range(0, 12).Select(i => Device($"n{i:00}", null))], null);
        Assert.Equal(9, plan.Replicas.Count(replica => replica.Model == "large"));
    }

    [Fact]
    public void Small_models_leave_large_devices_to_those_that_need_them() => Assert.Equal(
        ["large/0: 0..9@b", "small/0: 0..2@a"],
        Show(ClusterPlanner.Plan([Encoder("small", 3), Encoder("large", 10)], [Device("a", Room(3)), Device("b", Room(13), 5)], null)));

    [Fact]
    public void More_models_than_devices_share_a_device_and_its_speed()
    {
        ClusterPlan plan = ClusterPlanner.Plan([Encoder("a", 4), Encoder("b", 2)], [Device("n", null, 8)], null);
        Assert.Equal([1.0, 2.0], plan.Replicas.Select(replica => replica.ImagesPerSecond));
    }

    [Fact]
    public void Models_are_packed_tightly_where_some_would_not_fit_otherwise() => Assert.Equal(
        ["m1/0: 0..5@b", "m2/0: 0..3@a", "m3/0: 0..3@a"],
        Show(ClusterPlanner.Plan(
            [Encoder("m1", 6), Encoder("m2", 4), Encoder("m3", 4)], [Device("a", 2 * Room(4), 9), Device("b", Room(6))], null)));

    [Fact]
    public void A_shortage_says_what_is_short_in_all_and_on_the_best_device()
    {
        PlanShortage shortage = Assert.Single(
            ClusterPlanner.Plan([Encoder("m", 8)], [Device("a", Room(3)), Device("b", Room(2))], null).Shortages);
        Assert.Equal((120, Room(8) - Room(3)), (shortage.TotalBytes, shortage.DeviceBytes));
        Assert.Contains("model 'm' does not fit: its devices are short by 120 bytes in all; a/cuda:0, the best of 2, is short by 200 bytes",
            shortage.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_segments_than_blocks_are_a_shortage_that_says_so() => Assert.Contains(
        "has 4 blocks and cannot be cut into 5 segments",
        Assert.Single(ClusterPlanner.Plan([Encoder("m", 4, segments: 5)], [Device("a", null)], null).Shortages).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_replica_too_many_for_the_devices_is_a_shortage_that_says_so() => Assert.Contains(
        "no device is left for 1 of its 2 replicas",
        Assert.Single(ClusterPlanner.Plan([Encoder("m", 4, replicas: 2)], [Device("a", null)], null).Shortages).Message,
        StringComparison.Ordinal);

    internal static void AssertSame(ClusterPlan expected, ClusterPlan actual)
    {
        Assert.Equal(Show(expected), Show(actual));
        Assert.Equal(expected.Shortages.AsEnumerable(), actual.Shortages);
    }

    private static Property ForAnyPlan(Action<PlannedGrid, ClusterPlan> holds) =>
        Prop.ForAll(Any(), grid => holds(grid, ClusterPlanner.Plan(grid.Models, grid.Devices, null)));

    /// <summary>Whether the devices hold the model, any of them taking the embedding stage.</summary>
    private static bool Fits(GridModel model, PlanDevice[] devices) => devices.Any(leader =>
        SegmentPlanner.Plan(new() { Costs = model.Costs, Devices = [
            leader, .. devices.Where(device => device != leader)], Precision = model.Precision, Compute = model.Compute }).Fits);

    private static long BytesOn(ClusterPlan plan, GridDevice device) =>
        plan.Replicas.SelectMany(replica => replica.Segments).Where(segment => PlanPromises.IsOn(segment, device)).Sum(
            segment => segment.Bytes);
}
