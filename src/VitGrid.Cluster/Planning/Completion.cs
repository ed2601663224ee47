namespace VitGrid.Cluster.Planning;

/// <summary>
/// Completes a board. Every model gets one replica first, the largest first, on devices nobody uses or else on devices with room left;
/// then the replicas that were asked for by number; then the devices still unused go to the model with the fewest images per second, so
/// that models share the devices by their arithmetic.
/// </summary>
/// <param name="board">The board.</param>
/// <param name="tight">
/// Whether a first replica goes to the device with the least room that holds it, used or not. That is slower, and holds models which do not
/// fit otherwise.
/// </param>
internal sealed class Completion(PlanBoard board, bool tight)
{
    private readonly Dictionary<ModelNeed, List<Candidate>> _unused = [];

    /// <summary>Places all that is missing.</summary>
    public static ClusterPlan Complete(PlanBoard board, bool tight = false)
    {
        Completion completion = new(board, tight);
        ModelNeed[] largestFirst = [.. board.Needs.OrderByDescending(need => need.WholeBytes)];
        foreach (ModelNeed need in largestFirst)
            completion.PlaceUpTo(1, need);
        foreach (ModelNeed need in largestFirst)
            completion.Spread(need);
        foreach (ModelNeed need in largestFirst)
            completion.PlaceUpTo(need.Model.Replicas, need);
        completion.Fill([.. largestFirst.Where(need => need.Model.Replicas == 0)]);
        return board.ToPlan();
    }

    private void PlaceUpTo(int count, ModelNeed need)
    {
        while (board.ReplicasOf(need).Count < count && PlaceOne(need) is { } segments)
            board.Add(need, segments);
    }

    private ImmutableArray<PlacedSegment>? PlaceOne(ModelNeed need)
    {
        bool isFirst = board.ReplicasOf(need).Count == 0;
        return (tight && isFirst && need.Model.Segments == 0 ? PlaceTightly(need) : null)
            ?? ReplicaPlacing.Place(need, Unused(need), mayShare: true)
            ?? ReplicaPlacing.Place(need, Candidate.From(need, board.Slots), mayShare: true);
    }

    private ImmutableArray<PlacedSegment>? PlaceTightly(ModelNeed need)
    {
        DeviceSlot? snug = board.Slots
            .Where(slot => slot.IsOpenTo(need.Name) && (slot.Free ?? long.MaxValue) >= need.WholeBytes)
            .MinBy(slot => slot.Free ?? long.MaxValue);
        return snug is null ? null : ReplicaPlacing.Cut(need, [snug], segments: 1);
    }

    /// <summary>Segments that share a device for want of others move to devices that have become free.</summary>
    private void Spread(ModelNeed need)
    {
        foreach ((int number, ImmutableArray<PlacedSegment> segments) in board.ReplicasOf(need).ToArray())
        {
            HashSet<DeviceSlot> own = [.. segments.Select(segment => board.Find(segment)!)];
            int wanted = need.Model.Segments - own.Count;
            List<Candidate> unused = wanted > 0 ? Unused(need) : [];
            if (unused.Count == 0)
                continue;
            board.Remove(need, number);
            List<Candidate> wider = Candidate.From(need, [.. own, .. unused.Take(wanted).Select(candidate => candidate.Slot)]);
            ImmutableArray<PlacedSegment>? spread = ReplicaPlacing.Place(need, wider, mayShare: true);
            board.Add(need, number, spread is { } better && better.Select(board.Find).Distinct().Count() > own.Count ? better : segments);
        }
    }

    private void Fill(List<ModelNeed> growing)
    {
        Dictionary<ModelNeed, double> rates = growing.ToDictionary(
            need => need, need => board.ReplicasOf(need).Values.Sum(segments => board.Rate(need, segments)));
        while (growing.Count > 0)
        {
            ModelNeed poorest = growing.MinBy(need => rates[need])!;
            if (ReplicaPlacing.Place(poorest, Unused(poorest), mayShare: false) is { } segments)
            {
                board.Add(poorest, segments);
                rates[poorest] += board.Rate(poorest, segments);
            }
            else
            {
                growing.Remove(poorest);
            }
        }
    }

    /// <summary>
    /// The devices nobody uses, in the model's order; sorted once, since nothing becomes unused while a board is completed.
    /// </summary>
    private List<Candidate> Unused(ModelNeed need)
    {
        if (!_unused.TryGetValue(need, out List<Candidate>? candidates))
            _unused[need] = candidates = Candidate.From(need, board.Slots.Where(slot => slot.Models == 0));
        candidates.RemoveAll(candidate => candidate.Slot.Models > 0);
        return candidates;
    }
}
