using System.Runtime.InteropServices;

namespace VitGrid.Cluster.Planning;

/// <summary>
/// Chooses the devices of one replica. Devices that stand together in the order of their room are alike, so groups are runs of that order,
/// within a machine or over all of them. Of the runs that hold the model the one on the fewest machines is taken, then the one with the
/// least room (larger devices are left to models that need them), then the one that serves fewest models, then the fastest.
/// </summary>
internal static class DeviceGroup
{
    /// <summary>The fewest devices that hold the model, of <paramref name="candidates"/> in their order; null when all do not.</summary>
    public static int? Fewest(ModelNeed need, List<Candidate> candidates)
    {
        int blocks = 0, loss = int.MaxValue;
        int most = Math.Min(candidates.Count, need.Stage.Encoder.Depth);
        for (int i = 0; i < most; i++)
        {
            blocks += candidates[i].Blocks;
            loss = Math.Min(loss, candidates[i].Loss);
            if (blocks - loss >= need.Stage.Encoder.Depth)
                return i + 1;
        }
        return null;
    }

    /// <summary>
    /// The best <paramref name="size"/> devices that hold the model, in the order in which an image should pass them; null when none do.
    /// </summary>
    public static DeviceSlot[]? Choose(ModelNeed need, List<Candidate> candidates, int size)
    {
        // Candidates stand in the order in which single devices are preferred.
        if (size == 1)
            return candidates.Count > 0 && candidates[0].Behind >= need.Stage.Encoder.Depth ? [candidates[0].Slot] : null;

        Best best = new();
        foreach (IGrouping<string, Candidate> machine in candidates.GroupBy(candidate => candidate.Slot.Device.Machine))
            Search(need, [.. machine], size, ref best);
        if (best.Group is null)
            Search(need, candidates, size, ref best);
        return best.Group is null ? null : Arrange(best.Group);
    }

    private static void Search(ModelNeed need, List<Candidate> candidates, int size, ref Best best)
    {
        ReadOnlySpan<Candidate> all = CollectionsMarshal.AsSpan(candidates);
        for (int first = 0; first + size <= all.Length; first++)
        {
            ReadOnlySpan<Candidate> run = all.Slice(first, size);
            GroupRank rank = GroupRank.From(run);
            if (rank.Holds < need.Stage.Encoder.Depth)
                continue;
            if (best.Group is null || rank.CompareTo(best.Rank) < 0)
                best = new(rank, run.ToArray());
        }
    }

    /// <summary>First the device that loses least by the embedding stage, then its machine's, then the others by machine.</summary>
    private static DeviceSlot[] Arrange(Candidate[] group)
    {
        DeviceSlot leader = group.MinBy(candidate => (candidate.Loss, candidate.Slot.Order)).Slot;
        return
        [
            .. group.Select(candidate => candidate.Slot)
                .OrderBy(slot => slot == leader ? 0 : slot.Device.Machine == leader.Device.Machine ? 1 : 2)
                .ThenBy(slot => slot.Order),
        ];
    }

    private readonly record struct Best(GroupRank Rank, Candidate[]? Group);

    /// <summary>What makes one group better than another; <see cref="Holds"/> are the blocks it holds with the embedding stage.</summary>
    private readonly record struct GroupRank(int Holds, int Machines, int Served, int WholeModels, double Speed, int Order)
    {
        public static GroupRank From(ReadOnlySpan<Candidate> group)
        {
            int blocks = 0, loss = int.MaxValue, served = 0, whole = 0, machines = 0;
            double speed = 0;
            for (int i = 0; i < group.Length; i++)
            {
                DeviceSlot slot = group[i].Slot;
                blocks += group[i].Blocks;
                loss = Math.Min(loss, group[i].Loss);
                served += slot.Models;
                whole += slot.WholeModels;
                speed += slot.SpeedForOneMore;
                machines += IsFirstOfMachine(group, i) ? 1 : 0;
            }
            return new(blocks - loss, machines, served, whole, speed, group[0].Slot.Order);
        }

        public int CompareTo(GroupRank other) =>
            (Machines, Holds, Served, WholeModels, -Speed, Order).CompareTo(
                (other.Machines, other.Holds, other.Served, other.WholeModels, -other.Speed, other.Order));

        private static bool IsFirstOfMachine(ReadOnlySpan<Candidate> group, int index)
        {
            for (int i = 0; i < index; i++)
            {
                if (group[i].Slot.Device.Machine == group[index].Slot.Device.Machine)
                    return false;
            }
            return true;
        }
    }
}
