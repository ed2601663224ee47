namespace VitGrid.Cluster.Planning;

/// <summary>Brings over what can stay of a previous plan.</summary>
internal static class PlanPreservation
{
    /// <summary>
    /// Places the replicas of <paramref name="previous"/> that are still possible as they are, on their devices and under their numbers.
    /// </summary>
    public static void Restore(PlanBoard board, IEnumerable<PlacedReplica> previous)
    {
        foreach ((ModelNeed need, PlacedReplica replica) in Known(board, previous))
        {
            DeviceSlot?[] slots = [.. replica.Segments.Select(board.Find)];
            if (slots.All(slot => slot?.IsOpenTo(need.Name) ?? false))
                AddIfItFits(board, need, replica.Replica, Place(need, replica, slots!));
        }
    }

    /// <summary>
    /// Repairs the replicas of <paramref name="previous"/> that lost some of their devices. An unused device takes a lost one's segments;
    /// without one, a replica whose number of segments was asked for puts them on a neighbour. What stays, stays where it is. Replicas for
    /// which neither is possible are left to be placed anew.
    /// </summary>
    public static void Repair(PlanBoard board, IEnumerable<PlacedReplica> previous)
    {
        foreach ((ModelNeed need, PlacedReplica replica) in Known(board, previous))
        {
            if (board.ReplicasOf(need).ContainsKey(replica.Replica))
                continue;
            DeviceSlot?[] slots = [.. replica.Segments.Select(
                segment => board.Find(segment) is { } slot && slot.IsOpenTo(need.Name) ? slot : null)];
            if (slots.All(slot => slot is null))
                continue;
            if (!Replace(board, need, replica, slots) && need.Model.Segments > 0)
                HandOver(board, need, replica, slots);
        }
    }

    /// <summary>The replicas whose model is still served with their number of segments and blocks.</summary>
    private static IEnumerable<(ModelNeed Need, PlacedReplica Replica)> Known(PlanBoard board, IEnumerable<PlacedReplica> previous) =>
        from replica in previous
        from need in board.Needs
        where need.Name == replica.Model
            && replica.Segments[^1].Blocks.End == need.Stage.Encoder.Depth
            && replica.Segments.Length == (need.Model.Segments > 0 ? need.Model.Segments : Devices(replica))
        orderby replica.Model, replica.Replica
        select (need, replica);

    private static int Devices(PlacedReplica replica) => replica.Segments.DistinctBy(segment => (segment.Node, segment.Device)).Count();

    private static bool Replace(PlanBoard board, ModelNeed need, PlacedReplica replica, DeviceSlot?[] slots)
    {
        HashSet<string> machines = [.. slots.OfType<DeviceSlot>().Select(slot => slot.Device.Machine)];
        DeviceSlot?[] repaired = [.. slots];
        var lostSegments = replica.Segments.Select((segment, index) => (Segment: segment, Index: index)).Where(
            lost => slots[lost.Index] is null);
        foreach (var device in lostSegments.GroupBy(lost => (lost.Segment.Node, lost.Segment.Device)))
        {
            long bytes = device.Sum(lost => need.Stage.WeightBytes(lost.Segment.Blocks)) + need.Stage.ActivationBytes;
            IEnumerable<DeviceSlot> spares = board.Slots.Where(
                slot => slot.Models == 0 && !repaired.Contains(slot) && (slot.Free ?? bytes) >= bytes);
            DeviceSlot? spare = Candidate.From(need, spares).OrderBy(
                candidate => machines.Contains(candidate.Slot.Device.Machine) ? 0 : 1).FirstOrDefault().Slot;
            foreach ((_, int index) in device)
                repaired[index] = spare;
        }
        return repaired.All(slot => slot is not null) && AddIfItFits(board, need, replica.Replica, Place(need, replica, repaired!));
    }

    /// <summary>Each run of lost segments goes to the surviving neighbour that is then less busy.</summary>
    private static void HandOver(PlanBoard board, ModelNeed need, PlacedReplica replica, DeviceSlot?[] slots)
    {
        DeviceSlot?[] repaired = [.. slots];
        for (int first = 0; first < repaired.Length; first++)
        {
            if (repaired[first] is not null)
                continue;
            int end = first;
            while (end < repaired.Length && repaired[end] is null)
                end++;
            DeviceSlot?[] neighbours = [first > 0 ? repaired[first - 1] : null, end < repaired.Length ? repaired[end] : null];
            Array.Fill(repaired, neighbours.OfType<DeviceSlot>().MinBy(slot => Load(need, replica, repaired, slot)), first, end - first);
        }
        AddIfItFits(board, need, replica.Replica, Place(need, replica, repaired!));
    }

    private static double Load(ModelNeed need, PlacedReplica replica, DeviceSlot?[] slots, DeviceSlot slot) =>
        replica.Segments.Where((_, i) => slots[i] == slot).Sum(segment => need.Stage.Flops(segment.Blocks)) / slot.SpeedForOneMore;

    private static ImmutableArray<PlacedSegment> Place(ModelNeed need, PlacedReplica replica, DeviceSlot[] slots) =>
        ReplicaPlacing.Charge(need, replica.Segments.Zip(slots, (segment, slot) => (segment.Blocks, slot)));

    private static bool AddIfItFits(PlanBoard board, ModelNeed need, int number, ImmutableArray<PlacedSegment> segments)
    {
        bool wanted = need.Model.Replicas == 0 || board.ReplicasOf(need).Count < need.Model.Replicas;
        bool fits = segments.GroupBy(board.Find).All(device => device.Sum(segment => segment.Bytes) <= (device.Key!.Free ?? long.MaxValue));
        if (wanted && fits)
            board.Add(need, number, segments);
        return wanted && fits;
    }
}
