namespace VitGrid.Cluster.Planning;

/// <summary>A device that a replica of one model could use, and how many of its blocks fit.</summary>
/// <param name="Slot">The device.</param>
/// <param name="Blocks">Most blocks, without the embedding stage.</param>
/// <param name="Behind">Most blocks beside the embedding stage.</param>
internal readonly record struct Candidate(DeviceSlot Slot, int Blocks, int Behind)
{
    /// <summary>Blocks it loses when it takes the embedding stage; it cannot lead a replica when not one is left.</summary>
    public int Loss => Behind > 0 ? Blocks - Behind : int.MaxValue / 2;

    /// <summary>
    /// The devices of <paramref name="slots"/> that hold at least one block, roomiest first; of equal ones those that serve fewer models,
    /// then those that fewer models could use whole, then the faster ones.
    /// </summary>
    public static List<Candidate> From(ModelNeed need, IEnumerable<DeviceSlot> slots)
    {
        List<Candidate> candidates =
        [
            .. slots.Where(slot => slot.IsOpenTo(need.Name))
                .Select(slot => From(need, slot))
                .Where(candidate => candidate.Blocks > 0),
        ];
        candidates.Sort((left, right) => left.Rank.CompareTo(right.Rank));
        return candidates;
    }

    private static Candidate From(ModelNeed need, DeviceSlot slot) =>
        new(slot, need.Stage.MaxBlocks(slot.Free, embedding: false), need.Stage.MaxBlocks(slot.Free, embedding: true));

    private (int, int, int, int, double, int) Rank => (-Blocks, -Behind, Slot.Models, Slot.WholeModels, -Slot.Device.Speed, Slot.Order);
}
