namespace VitGrid.Cluster.Planning;

/// <summary>
/// Gives the replicas of all models their devices. A model that fits one device is replicated, one replica a device; another is cut into
/// the fewest segments that fit. A text tower goes where its image tower goes (<see cref="TowerPairs"/>). Pure: the same models, devices
/// and previous plan give the same plan, in whatever order they are listed.
/// <para>
/// What need not move does not move. Loading weights takes a device out of service for longer than a plan takes to age, so replicas are
/// moved only where it pays: when a fresh plan would at least double some model's images per second (a model without a replica has none) or
/// place replicas that were asked for and have no place. Then the models that have more than the fresh plan gives them yield their last
/// replicas; only if that does not do, the fresh plan is taken as it is. Apart from this rule only two things change a replica that
/// lives: it lost a device, or its segments share one although others have become free.
/// </para>
/// </summary>
public static class ClusterPlanner
{
    /// <summary>How many times better a fresh plan must be for a model before replicas that could stay are moved for it.</summary>
    internal const double WorthMoving = 2;

    private const int MaxSettlingTurns = 4;

    /// <summary>
    /// The plan for <paramref name="models"/> on <paramref name="devices"/>, as close to <paramref name="previous"/> as the rule allows.
    /// </summary>
    /// <exception cref="ArgumentException">Two models or devices have one name, or a number is out of range.</exception>
    public static ClusterPlan Plan(IReadOnlyList<GridModel> models, IReadOnlyList<GridDevice> devices, ClusterPlan? previous)
    {
        TowerPairs pairs = TowerPairs.From(models);
        return pairs.Follow(PlanLeading(pairs.Leading, devices, pairs.Lead(previous)), devices);
    }

    private static ClusterPlan PlanLeading(IReadOnlyList<GridModel> models, IReadOnlyList<GridDevice> devices, ClusterPlan? previous)
    {
        ClusterPlan fresh = Settle(models, devices, Fresh(models, devices));
        if (previous is null)
            return fresh;

        ClusterPlan kept = Settle(models, devices, Keep(models, devices, previous));
        HashSet<string> starved = Starved(models, kept, fresh);
        if (starved.Count == 0)
            return kept;

        PlanBoard yielded = new(models, devices);
        PlanPreservation.Restore(yielded, models.SelectMany(model => Yield(model.Name, starved.Contains(model.Name), previous, fresh)));
        ClusterPlan rebalanced = Settle(models, devices, Completion.Complete(yielded));
        return Starved(models, rebalanced, fresh).Count == 0 ? rebalanced : fresh;
    }

    /// <summary>
    /// The plan once nothing of it would be moved if it were made again: what was placed early may find room that it leaves itself. A plan
    /// that is not settled would move at the next join or leave, whatever that is.
    /// </summary>
    private static ClusterPlan Settle(IReadOnlyList<GridModel> models, IReadOnlyList<GridDevice> devices, ClusterPlan plan)
    {
        for (int turn = 0; turn < MaxSettlingTurns; turn++)
        {
            ClusterPlan again = Keep(models, devices, plan);
            if (IsSame(again, plan))
                break;
            plan = again;
        }
        return plan;
    }

    private static bool IsSame(ClusterPlan left, ClusterPlan right) =>
        left.Replicas.Length == right.Replicas.Length && left.Replicas.Zip(right.Replicas).All(pair =>
            pair.First.Model == pair.Second.Model && pair.First.Replica == pair.Second.Replica
                && pair.First.Segments.SequenceEqual(pair.Second.Segments));

    private static ClusterPlan Fresh(IReadOnlyList<GridModel> models, IReadOnlyList<GridDevice> devices)
    {
        ClusterPlan plan = Completion.Complete(new(models, devices));
        int served = Served(plan);
        if (served == models.Count)
            return plan;
        ClusterPlan packed = Completion.Complete(new(models, devices), tight: true);
        return Served(packed) > served ? packed : plan;
    }

    private static int Served(ClusterPlan plan) => plan.Replicas.DistinctBy(replica => replica.Model).Count();

    /// <summary>The plan in which every replica that can stay does, whatever another plan could do better.</summary>
    internal static ClusterPlan Keep(IReadOnlyList<GridModel> models, IReadOnlyList<GridDevice> devices, ClusterPlan previous)
    {
        PlanBoard board = new(models, devices);
        PlanPreservation.Restore(board, previous.Replicas);
        PlanPreservation.Repair(board, previous.Replicas);
        return Completion.Complete(board);
    }

    /// <summary>The models for which it pays to move.</summary>
    internal static HashSet<string> Starved(IEnumerable<GridModel> models, ClusterPlan plan, ClusterPlan fresh) =>
        [.. models.Select(model => model.Name).Where(model => IsWorthMoving(model, plan, fresh))];

    private static bool IsWorthMoving(string model, ClusterPlan plan, ClusterPlan fresh)
    {
        double better = fresh.ImagesPerSecond(model);
        bool doubles = better >= WorthMoving * plan.ImagesPerSecond(model) * (1 - 1e-9);
        return better > 0 && (doubles || Missing(plan, model) > Missing(fresh, model));
    }

    private static int Missing(ClusterPlan plan, string model) =>
        plan.Shortages.Where(shortage => shortage.Model == model).Sum(shortage => shortage.Replicas);

    /// <summary>
    /// What a model keeps when others need devices: its first replicas up to the images per second of the fresh plan; if it is starved
    /// itself, those on devices of their own.
    /// </summary>
    private static IEnumerable<PlacedReplica> Yield(string model, bool starved, ClusterPlan previous, ClusterPlan fresh)
    {
        double enough = fresh.ImagesPerSecond(model), kept = 0;
        foreach (PlacedReplica replica in previous.Replicas.Where(replica => replica.Model == model))
        {
            if (starved ? Shares(replica, previous) : kept >= enough)
                continue;
            kept += replica.ImagesPerSecond;
            yield return replica;
        }
    }

    private static bool Shares(PlacedReplica replica, ClusterPlan plan)
    {
        HashSet<(string, string)> own = [.. replica.Segments.Select(segment => (segment.Node, segment.Device))];
        return plan.Replicas.Any(
            other => other.Model != replica.Model && other.Segments.Any(segment => own.Contains((segment.Node, segment.Device))));
    }
}
