using System.Collections.Concurrent;
using System.Numerics.Tensors;
using VitGrid.Indexing.Reading;
using VitGrid.Server.Verbs.Embed;

namespace VitGrid.Server.Verbs.Search;

/// <summary>A hit of a search.</summary>
/// <param name="Id">The image's path or id.</param>
/// <param name="Cosine">Cosine to the query.</param>
internal readonly record struct SearchHit(string Id, float Cosine);

/// <summary>
/// Compares queries with every vector of an index, block by block: exactly, and in the order of the index where cosines are equal.
/// </summary>
/// <param name="queries">The queries' vectors, of length one.</param>
/// <param name="top">How many are found for each.</param>
internal sealed class VectorScan(IReadOnlyList<float[]> queries, int top)
{
    private readonly List<SearchHit>[] _best = [.. queries.Select(_ => new List<SearchHit>())];

    /// <summary>Vectors compared so far.</summary>
    public long Vectors { get; private set; }

    /// <summary>The best hits of each query so far, the nearest first.</summary>
    public IReadOnlyList<IReadOnlyList<SearchHit>> Best => _best;

    /// <summary>Compares a block of vectors of any length.</summary>
    /// <exception cref="InvalidDataException">Its vectors have another length than the queries', or hold what is no number.</exception>
    public void Add(VectorBlock block, string source, CancellationToken cancellationToken)
    {
        if (block.Ids.Count == 0)
            return;
        if (queries.Count > 0 && block.Dimensions != queries[0].Length)
        {
            throw new InvalidDataException(
                $"vectors in {source} have {block.Dimensions} numbers, those of the queries {queries[0].Length}: it was made with another "
                    + "model or pooling; name that model with --model");
        }
        float[] lengths = new float[block.Ids.Count];
        ParallelOptions options = new() { CancellationToken = cancellationToken };
        Parallel.For(0, lengths.Length, options, i => lengths[i] = TensorPrimitives.Norm<float>(Row(block, i)));
        if (lengths.AsSpan().IndexOfAnyExceptInRange(0, float.MaxValue) is var bad and >= 0)
            throw new InvalidDataException($"the vector of '{block.Ids[bad]}' in {source} holds a number that is none; make it anew");
        float[] cosines = new float[lengths.Length];
        for (int query = 0; query < queries.Count; query++)
        {
            float[] wanted = queries[query];
            Parallel.ForEach(Partitioner.Create(0, cosines.Length), options, range =>
            {
                for (int i = range.Item1; i < range.Item2; i++)
                    cosines[i] = lengths[i] == 0 ? 0 : Math.Clamp(TensorPrimitives.Dot(wanted, Row(block, i)) / lengths[i], -1, 1);
            });
            Add(block.Ids, cosines, query);
        }
        Vectors += block.Ids.Count;
    }

    private void Add(IReadOnlyList<string> ids, float[] cosines, int query)
    {
        List<SearchHit> before = _best[query];
        TopMatches best = new(top);
        // Hits of blocks before come first among equal ones; their places are told apart by their sign.
        for (int i = 0; i < before.Count; i++)
            best.Add(-1 - i, before[i].Cosine);
        for (int i = 0; i < cosines.Length; i++)
            best.Add(i, cosines[i]);
        _best[query] =
        [
            .. best.Nearest.Select(match => match.Index < 0 ? before[-1 - match.Index] : new(ids[match.Index], match.Cosine)),
        ];
    }

    private static ReadOnlySpan<float> Row(VectorBlock block, int row) =>
        block.Numbers.Span.Slice(row * block.Dimensions, block.Dimensions);
}
