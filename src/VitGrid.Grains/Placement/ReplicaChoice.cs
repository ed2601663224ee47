namespace VitGrid.Grains.Placement;

/// <summary>A living replica as the router sees it.</summary>
/// <param name="Outstanding">Pictures given to it and not answered yet.</param>
/// <param name="PicturesPerSecond">What it is expected to manage; above zero.</param>
/// <param name="IsNear">On this machine, so that pixels need not travel.</param>
/// <param name="HasCredit">It takes one more batch now.</param>
internal readonly record struct ReplicaLoad(int Outstanding, double PicturesPerSecond, bool IsNear, bool HasCredit)
{
    /// <summary>Seconds until <paramref name="pictures"/> more would be answered.</summary>
    public double SecondsFor(int pictures) => (Outstanding + pictures) / PicturesPerSecond;
}

/// <summary>Chooses the replica that answers a batch soonest. Pure.</summary>
internal static class ReplicaChoice
{
    /// <summary>Times this close count as equal: then a near replica is taken, and equals take turns.</summary>
    private const double Tolerance = 0.02;

    /// <summary>
    /// The index of the replica to send a batch to; null: none has a credit, or only slow ones have, and the others will have answered
    /// everything that waits before such a one would answer this batch.
    /// </summary>
    /// <param name="replicas">The living replicas.</param>
    /// <param name="pictures">Pictures in the batch.</param>
    /// <param name="waiting">Pictures waiting for any replica, this batch's among them.</param>
    /// <param name="turn">A number that grows with each choice.</param>
    public static int? Choose(ReadOnlySpan<ReplicaLoad> replicas, int pictures, int waiting, int turn)
    {
        double soonest = Soonest(replicas, pictures);
        int? chosen = null;
        for (int i = 0; i < replicas.Length; i++)
        {
            int index = (int)(((uint)turn + (uint)i) % (uint)replicas.Length);
            ReplicaLoad replica = replicas[index];
            bool isEqual = replica.HasCredit && replica.SecondsFor(pictures) <= soonest * (1 + Tolerance);
            if (isEqual && (chosen is not { } other || (replica.IsNear && !replicas[other].IsNear)))
                chosen = index;
        }
        return SoonerOnesTake(replicas, soonest, pictures, waiting) < soonest ? null : chosen;
    }

    private static double Soonest(ReadOnlySpan<ReplicaLoad> replicas, int pictures)
    {
        double soonest = double.PositiveInfinity;
        foreach (ReplicaLoad replica in replicas)
            soonest = replica.HasCredit ? Math.Min(soonest, replica.SecondsFor(pictures)) : soonest;
        return soonest;
    }

    /// <summary>Seconds in which the replicas that would answer before <paramref name="soonest"/>, had they a credit, answer all they hold and all that waits.</summary>
    private static double SoonerOnesTake(ReadOnlySpan<ReplicaLoad> replicas, double soonest, int pictures, int waiting)
    {
        double speed = 0;
        long held = waiting;
        foreach (ReplicaLoad replica in replicas)
        {
            if (replica.HasCredit || replica.SecondsFor(pictures) >= soonest)
                continue;
            speed += replica.PicturesPerSecond;
            held += replica.Outstanding;
        }
        return held / speed;
    }
}
