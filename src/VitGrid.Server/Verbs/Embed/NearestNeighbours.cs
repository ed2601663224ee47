using System.Numerics.Tensors;

namespace VitGrid.Server.Verbs.Embed;

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
        TopMatches nearest = new(count);
        for (int i = 0; i < unitVectors.Count; i++)
        {
            if (i != self)
                nearest.Add(i, Math.Clamp(TensorPrimitives.Dot<float>(unitVectors[self], unitVectors[i]), -1, 1));
        }
        return [.. nearest.Nearest];
    }
}
