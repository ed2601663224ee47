using VitGrid.Model.Segments;

namespace VitGrid.Cluster.Planning;

/// <summary>Finds a place for one replica.</summary>
internal static class ReplicaPlacing
{
    /// <summary>
    /// The segments of one more replica on some of <paramref name="candidates"/>; null when they do not hold it. Asked for more segments
    /// than there are devices, neighbours share one, if <paramref name="mayShare"/>.
    /// </summary>
    public static ImmutableArray<PlacedSegment>? Place(ModelNeed need, List<Candidate> candidates, bool mayShare)
    {
        int wanted = need.Model.Segments;
        if (wanted > need.Stage.Encoder.Depth)
            return null;
        if (wanted == 0)
        {
            return DeviceGroup.Fewest(need, candidates) is { } fewest && DeviceGroup.Choose(need, candidates, fewest) is { } group
                ? Cut(need, group, fewest)
                : null;
        }

        int most = Math.Min(wanted, candidates.Count), least = mayShare ? 1 : wanted;
        for (int size = most; size >= least; size--)
        {
            if (DeviceGroup.Choose(need, candidates, size) is { } devices && Cut(need, devices, wanted) is { } cut)
                return cut;
        }
        return null;
    }

    /// <summary>
    /// The model cut over <paramref name="devices"/> in their order, the slowest stage as fast as their memory allows; null when it does
    /// not fit.
    /// </summary>
    public static ImmutableArray<PlacedSegment>? Cut(ModelNeed need, IReadOnlyList<DeviceSlot> devices, int segments)
    {
        SegmentPlan plan = SegmentPlanner.Plan(new()
        {
            Costs = need.Stage.Encoder,
            Devices = [.. devices.Select(slot => new PlanDevice(slot.Device.Label, slot.Free, slot.SpeedForOneMore))],
            Segments = segments,
            Precision = need.Stage.Precision,
            BatchSize = need.Stage.BatchSize,
            Compute = need.Stage.Compute,
        });
        if (!plan.Fits)
            return null;
        Dictionary<string, DeviceSlot> byName = devices.ToDictionary(slot => slot.Device.Label);
        return Charge(need, plan.Segments.Select(segment => (segment.Blocks, byName[segment.Device])));
    }

    /// <summary>Segments with their bytes: each its weights, the first on a device also its activations.</summary>
    public static ImmutableArray<PlacedSegment> Charge(ModelNeed need, IEnumerable<(BlockRange Blocks, DeviceSlot Slot)> segments)
    {
        HashSet<DeviceSlot> seen = [];
        return
        [
            .. segments.Select(segment => new PlacedSegment(
                segment.Blocks,
                segment.Slot.Device.Node,
                segment.Slot.Device.Name,
                need.Stage.WeightBytes(segment.Blocks) + (seen.Add(segment.Slot) ? need.Stage.ActivationBytes : 0))),
        ];
    }
}
