using VitGrid.Engine.Options;

namespace VitGrid.Engine.Replica;

/// <summary>At how many images a batch leaves. Pure.</summary>
internal sealed class BatchSizes(BatchingOptions batching)
{
    // The largest batch is always a size to leave at.
    private readonly int[] _sizes = [
        .. batching.PreferredSizes.Where(size => size < batching.MaxBatchSize).Append(batching.MaxBatchSize).Distinct().Order()];

    /// <summary>So many waiting need not wait for company.</summary>
    public bool IsEnough(int waiting) => waiting >= _sizes[0];

    /// <summary>
    /// The same where <paramref name="interactive"/> of those waiting are interactive, or, with <paramref name="expected"/>, may come
    /// while the batch works: where they share it or would wait for it, it is at most a quarter full, or holds as many as these are. An
    /// image is answered with its whole batch, and after the ones before it.
    /// </summary>
    public int Shared(int waiting, int interactive, bool expected) => interactive == waiting || (interactive == 0 && !expected)
        ? For(waiting)
        : For(Math.Min(waiting, Math.Max(interactive, (batching.MaxBatchSize + 3) / 4)));

    /// <summary>The largest of the sizes that <paramref name="waiting"/> images reach; all of them where they reach none.</summary>
    public int For(int waiting)
    {
        int size = waiting;
        foreach (int reached in _sizes)
        {
            if (reached <= waiting)
                size = reached;
        }
        return size;
    }
}
