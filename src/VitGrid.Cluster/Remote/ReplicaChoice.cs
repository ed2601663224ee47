namespace VitGrid.Cluster.Remote;

/// <summary>A living replica as the router sees it.</summary>
/// <param name="Outstanding">Images given to it and not answered yet.</param>
/// <param name="ImagesPerSecond">What it is expected to manage; above zero.</param>
/// <param name="IsNear">On this machine, so that pixels need not travel.</param>
/// <param name="HasCredit">It takes one more batch now.</param>
internal readonly record struct ReplicaLoad(int Outstanding, double ImagesPerSecond, bool IsNear, bool HasCredit)
{
    /// <summary>Seconds until <paramref name="images"/> more would be answered.</summary>
    public double SecondsFor(int images) => (Outstanding + images) / ImagesPerSecond;
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
    /// <param name="images">Images in the batch.</param>
    /// <param name="waiting">Images waiting for any replica, this batch's among them.</param>
    /// <param name="turn">A number that grows with each choice.</param>
    public static int? Choose(ReadOnlySpan<ReplicaLoad> replicas, int images, int waiting, int turn)
    {
        double soonest = Soonest(replicas, images);
        int? chosen = null;
        for (int i = 0; i < replicas.Length; i++)
        {
            int index = (int)(((uint)turn + (uint)i) % (uint)replicas.Length);
            ReplicaLoad replica = replicas[index];
            bool isEqual = replica.HasCredit && replica.SecondsFor(images) <= soonest * (1 + Tolerance);
            if (isEqual && (chosen is not { } other || (replica.IsNear && !replicas[other].IsNear)))
                chosen = index;
        }
        return SoonerOnesTake(replicas, soonest, images, waiting) < soonest ? null : chosen;
    }

    private static double Soonest(ReadOnlySpan<ReplicaLoad> replicas, int images)
    {
        double soonest = double.PositiveInfinity;
        foreach (ReplicaLoad replica in replicas)
            soonest = replica.HasCredit ? Math.Min(soonest, replica.SecondsFor(images)) : soonest;
        return soonest;
    }

    /// <summary>
    /// Seconds in which the replicas that would answer before <paramref name="soonest"/>, had they a credit, answer all they hold and all
    /// that waits.
    /// </summary>
    private static double SoonerOnesTake(ReadOnlySpan<ReplicaLoad> replicas, double soonest, int images, int waiting)
    {
        double speed = 0;
        long held = waiting;
        foreach (ReplicaLoad replica in replicas)
        {
            if (replica.HasCredit || replica.SecondsFor(images) >= soonest)
                continue;
            speed += replica.ImagesPerSecond;
            held += replica.Outstanding;
        }
        return held / speed;
    }
}
