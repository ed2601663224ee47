using VitGrid.Model.Segments;
using VitGrid.Runtime.Devices;

namespace VitGrid.Grains.Placement;

/// <summary>A device and what the models placed before hold of it, in bytes.</summary>
internal sealed record DeviceLoad(DeviceSpec Device, long Bytes);

/// <summary>What a model needs.</summary>
/// <param name="Model">Its name, for messages.</param>
/// <param name="Depth">Blocks.</param>
/// <param name="WeightBytes">Bytes of its weights as they are run.</param>
/// <param name="Segments">Segments asked for; 0: the fewest that fit.</param>
internal sealed record SegmentDemand(string Model, int Depth, long WeightBytes, int Segments);

/// <summary>One segment's place.</summary>
internal sealed record AssignedSegment(BlockRange Blocks, DeviceSpec Device, long Bytes);

/// <summary>
/// Cuts a model into runs of blocks and gives each a device. Runs differ by at most one block; neighbouring segments share a device
/// before they change it; the least loaded devices come first. Pure.
/// </summary>
internal static class SegmentAssignment
{
    /// <exception cref="GridConfigurationException">More segments than blocks, or the devices' memory bounds do not hold the model.</exception>
    public static ImmutableArray<AssignedSegment> Assign(SegmentDemand demand, IReadOnlyList<DeviceLoad> devices)
    {
        if (demand.Segments > demand.Depth)
            throw TooManySegments(demand);

        // More segments than devices do not lower any device's share: beyond that count only an explicit wish cuts further.
        IEnumerable<int> counts = demand.Segments > 0 ? [demand.Segments] : Enumerable.Range(1, Math.Min(devices.Count, demand.Depth));
        return counts.Select(count => Place(demand, count, devices)).FirstOrDefault(placed => placed is not null)
            ?? throw DoesNotFit(demand, devices);
    }

    private static ImmutableArray<AssignedSegment>? Place(SegmentDemand demand, int count, IReadOnlyList<DeviceLoad> devices)
    {
        ImmutableArray<BlockRange> runs = Cut(demand.Depth, count);
        Queue<DeviceLoad> untried = new(devices.OrderBy(load => load.Bytes));
        List<AssignedSegment> placed = [];
        foreach (BlockRange neighbours in Cut(count, Math.Min(count, devices.Count)))
        {
            ImmutableArray<BlockRange> share = runs[neighbours.First..neighbours.End];
            if (FirstThatHolds(untried, share.Sum(run => Bytes(demand, run))) is not { } device)
                return null;
            placed.AddRange(share.Select(run => new AssignedSegment(run, device, Bytes(demand, run))));
        }
        return [.. placed];
    }

    private static DeviceSpec? FirstThatHolds(Queue<DeviceLoad> untried, long bytes)
    {
        while (untried.TryDequeue(out DeviceLoad? load))
        {
            if (load.Bytes + bytes <= (load.Device.MemoryBytes ?? long.MaxValue))
                return load.Device;
        }
        return null;
    }

    private static ImmutableArray<BlockRange> Cut(int depth, int count) =>
        [.. Enumerable.Range(0, count).Select(i => new BlockRange(i * depth / count, ((i + 1) * depth / count) - (i * depth / count)))];

    private static long Bytes(SegmentDemand demand, BlockRange blocks) =>
        (long)Math.Ceiling((double)demand.WeightBytes * blocks.Count / demand.Depth);

    private static GridConfigurationException DoesNotFit(SegmentDemand demand, IReadOnlyList<DeviceLoad> devices)
    {
        string free = string.Join(", ", devices.Select(load => load.Device.MemoryBytes is { } bound
            ? $"{load.Device.Name} {Math.Max(0, bound - load.Bytes)} of {bound}"
            : $"{load.Device.Name} without bound"));
        string wish = demand.Segments > 0 ? $"in {demand.Segments} segments" : $"in up to {Math.Min(devices.Count, demand.Depth)} segments";
        return new(
        [
            $"model '{demand.Model}' needs {demand.WeightBytes} bytes for its weights and does not fit {wish}; bytes free: {free}; "
            + "add devices, raise their memory bound or choose a smaller precision",
        ]);
    }

    private static GridConfigurationException TooManySegments(SegmentDemand demand) => new(
    [
        $"model '{demand.Model}' has {demand.Depth} blocks and cannot be cut into {demand.Segments} segments; "
        + $"ask for 1 to {demand.Depth}, or 0 for the fewest that fit",
    ]);
}
