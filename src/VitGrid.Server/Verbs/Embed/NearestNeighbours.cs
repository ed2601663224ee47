using System.Numerics.Tensors;

namespace VitGrid.Server.Verbs.Embed;

/// <summary>One neighbour: its place in the list that was searched, and the cosine.</summary>
internal readonly record struct Neighbour(int Index, float Cosine);

/// <summary>Exact nearest neighbours of every vector among all others.</summary>
internal static class NearestNeighbours
{
    /// <summary>All pairs are compared; above this the wait and the memory stop being reasonable.</summary>
    public const int MaxVectors = 100_000;

    /// <summary>
    /// For each of <paramref name="unitVectors"/> (of length one, or zero) the <paramref name="count"/> others with the largest cosine,
    /// largest first, equal ones in list order.
    /// </summary>
    public static Neighbour[][] Find(IReadOnlyList<float[]> unitVectors, int count, CancellationToken cancellationToken)
    {
        Neighbour[][] found = new Neighbour[unitVectors.Count][];
        Parallel.For(0, found.Length, new ParallelOptions { CancellationToken = cancellationToken }, i => found[i] = FindOf(
            unitVectors, i, count));
        return found;
    }

    private static Neighbour[] FindOf(IReadOnlyList<float[]> unitVectors, int self, int count)
    {
        List<Neighbour> nearest = new(count + 1);
        for (int i = 0; i < unitVectors.Count; i++)
        {
            if (i == self)
                continue;
            float cosine = Math.Clamp(TensorPrimitives.Dot<float>(unitVectors[self], unitVectors[i]), -1, 1);
            if (nearest.Count == count && cosine <= nearest[^1].Cosine)
                continue;
            nearest.Insert(nearest.FindLastIndex(other => other.Cosine >= cosine) + 1, new(i, cosine));
            if (nearest.Count > count)
                nearest.RemoveAt(count);
        }
        return [.. nearest];
    }
}
