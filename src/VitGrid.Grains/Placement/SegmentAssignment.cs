using VitGrid.Model.Segments;
using VitGrid.Runtime.Devices;

namespace VitGrid.Grains.Placement;

/// <summary>A device and what the models placed before hold of it, in bytes.</summary>
internal sealed record DeviceLoad(DeviceSpec Device, long Bytes);

/// <summary>What a model needs.</summary>
/// <param name="Model">Its name, for messages.</param>
/// <param name="Costs">Arithmetic and memory of its parts.</param>
/// <param name="Precision">Arithmetic it runs in.</param>
/// <param name="Segments">Segments asked for; 0: the fewest that fit.</param>
/// <param name="BatchSize">Most pictures in one batch.</param>
internal sealed record SegmentDemand(string Model, EncoderCosts Costs, Precision Precision, int Segments, int BatchSize);

/// <summary>One segment's place, and the bytes it takes there.</summary>
internal sealed record AssignedSegment(BlockRange Blocks, DeviceSpec Device, long Bytes);

/// <summary>Gives a model's segments their devices, as <see cref="SegmentPlanner"/> cuts them: what <c>models plan</c> shows is what runs. Pure.</summary>
internal static class SegmentAssignment
{
    /// <summary>Places one model; the least loaded devices come first.</summary>
    /// <exception cref="GridConfigurationException">More segments than blocks, or the devices' memory bounds do not hold the model.</exception>
    public static ImmutableArray<AssignedSegment> Assign(SegmentDemand demand, IReadOnlyList<DeviceLoad> devices)
    {
        int depth = demand.Costs.Depth;
        if (demand.Segments > depth)
            throw new GridConfigurationException([Text($"model '{demand.Model}' has {depth} blocks and cannot be cut into {demand.Segments} segments; ask for 1 to {depth}, or 0 for the fewest that fit")]);

        DeviceLoad[] order = [.. devices.OrderBy(load => load.Bytes)];
        SegmentPlan plan = SegmentPlanner.Plan(new()
        {
            Costs = demand.Costs,
            Devices = [.. order.Select(load => new PlanDevice(load.Device.Name, Free(load)))],
            Segments = demand.Segments,
            Precision = demand.Precision,
            BatchSize = demand.BatchSize,
        });
        if (!plan.Fits)
            throw new GridConfigurationException([.. plan.Shortages.Select(shortage => $"model '{demand.Model}' does not fit: {shortage}")]);
        return [.. plan.Segments.Select(segment => Place(segment, order))];
    }

    private static AssignedSegment Place(PlannedSegment segment, IEnumerable<DeviceLoad> devices) =>
        new(segment.Blocks, devices.First(load => load.Device.Name == segment.Device).Device, segment.WeightBytes + segment.ActivationBytes);

    private static long? Free(DeviceLoad load) => load.Device.MemoryBytes is { } bound ? Math.Max(0, bound - load.Bytes) : null;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
