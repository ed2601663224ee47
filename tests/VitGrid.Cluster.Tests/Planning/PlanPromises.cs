using VitGrid.Cluster.Planning;

namespace VitGrid.Cluster.Tests.Planning;

/// <summary>What every plan keeps, whatever came before it.</summary>
internal static class PlanPromises
{
    public static void Check(PlannedGrid grid, ClusterPlan plan)
    {
        Assert.All(plan.Replicas, replica => EveryBlockOnceAndInOrder(grid, replica));
        Assert.All(grid.Devices, device => WithinMemory(device, plan));
        Assert.All(Uses(grid, plan), use => Assert.True(
            use.Device.MayServe(use.Replica.Model), $"{PlannedGrids.Show(use.Replica)} on {use.Device.Node}"));
        Assert.All(Uses(grid, plan).Distinct().GroupBy(use => (use.Replica.Model, use.Device)), uses => Assert.Single(uses));
        Assert.All(plan.Replicas, replica => AsManySegmentsAsDevicesOrAsAskedFor(grid, replica));
    }

    public static void EveryBlockOnceAndInOrder(PlannedGrid grid, PlacedReplica replica)
    {
        int depth = grid.Models.Single(model => model.Name == replica.Model).Costs.Depth;
        Assert.Equal(Enumerable.Range(0, depth), replica.Segments.SelectMany(
            segment => Enumerable.Range(segment.Blocks.First, segment.Blocks.Count)));
        Assert.All(replica.Segments, segment => Assert.True(segment.Blocks.Count > 0));
    }

    public static void WithinMemory(GridDevice device, ClusterPlan plan)
    {
        PlacedSegment[][] here = [
            .. plan.Replicas.Select(replica => replica.Segments.Where(segment => IsOn(segment, device)).ToArray()).Where(
                segments => segments.Length > 0)];
        long need = here.Sum(segments => 10 + segments.Sum(segment => (40 * segment.Blocks.Count) + (segment.Blocks.First == 0 ? 20 : 0)));
        Assert.Equal(need, here.Sum(segments => segments.Sum(segment => segment.Bytes)));
        Assert.InRange(need, 0, device.MemoryBytes ?? long.MaxValue);
    }

    public static void AsManySegmentsAsDevicesOrAsAskedFor(PlannedGrid grid, PlacedReplica replica)
    {
        int asked = grid.Models.Single(model => model.Name == replica.Model).Segments;
        Assert.Equal(asked > 0 ? asked : replica.Segments.Select(segment => segment.Node).Distinct().Count(), replica.Segments.Length);
    }

    public static IEnumerable<(PlacedReplica Replica, GridDevice Device)> Uses(PlannedGrid grid, ClusterPlan plan) =>
        plan.Replicas.SelectMany(replica => replica.Segments.Select(segment => (replica, DeviceOf(grid, segment))));

    public static bool IsOn(PlacedSegment segment, GridDevice device) => (segment.Node, segment.Device) == (device.Node, device.Name);

    public static GridDevice DeviceOf(PlannedGrid grid, PlacedSegment segment) => grid.Devices.Single(device => IsOn(segment, device));
}
