namespace VitGrid.Cluster.Remote;

/// <summary>A serving replica as the router sees it.</summary>
/// <param name="Outstanding">Images given to it and not answered yet.</param>
/// <param name="ImagesPerSecond">What it is expected to manage; above zero.</param>
/// <param name="IsNear">In this process, so that pixels need not travel.</param>
internal readonly record struct ReplicaLoad(int Outstanding, double ImagesPerSecond, bool IsNear)
{
    /// <summary>Seconds until one more image would be answered.</summary>
    public double SecondsForOneMore => (Outstanding + 1) / ImagesPerSecond;
}

/// <summary>Chooses the replica that answers an image soonest. Pure.</summary>
internal static class ReplicaChoice
{
    /// <summary>Times this close count as equal: then a near replica is taken, and equals take turns.</summary>
    private const double Tolerance = 0.02;

    /// <summary>The index of the replica to send an image to; null: there is none.</summary>
    /// <param name="replicas">The serving replicas. Their own bounds refuse what is too much for them.</param>
    /// <param name="turn">A number that grows with each choice.</param>
    public static int? Choose(ReadOnlySpan<ReplicaLoad> replicas, int turn)
    {
        double limit = Soonest(replicas) * (1 + Tolerance);
        int? chosen = null;
        for (int i = 0; i < replicas.Length; i++)
        {
            int index = (int)(((uint)turn + (uint)i) % (uint)replicas.Length);
            ReplicaLoad replica = replicas[index];
            if (replica.SecondsForOneMore <= limit && (chosen is not { } other || (replica.IsNear && !replicas[other].IsNear)))
                chosen = index;
        }
        return chosen;
    }

    private static double Soonest(ReadOnlySpan<ReplicaLoad> replicas)
    {
        double soonest = double.PositiveInfinity;
        foreach (ReplicaLoad replica in replicas)
            soonest = Math.Min(soonest, replica.SecondsForOneMore);
        return soonest;
    }
}
