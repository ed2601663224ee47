namespace VitGrid.Text.Bpe;

/// <summary>Byte pair encoding: merges the pair of the lowest rank, the leftmost of several, until none is left.</summary>
internal static class Merger
{
    private const int MaxShort = 48;

    /// <summary>Merges in place.</summary>
    /// <param name="table">The merges.</param>
    /// <param name="symbols">The symbols; the merged ones stand at its beginning afterwards.</param>
    /// <returns>How many are left. Time: n log n, for short words n² with a small factor.</returns>
    public static int Merge(MergeTable table, Span<int> symbols) => symbols.Length switch
    {
        < 2 => symbols.Length,
        <= MaxShort => MergeShort(table, symbols),
        _ => MergeLong(table, symbols),
    };

    private static int MergeShort(MergeTable table, Span<int> symbols)
    {
        Span<int> ranks = stackalloc int[MaxShort];
        int count = symbols.Length;
        for (int i = 0; i + 1 < count; i++)
            ranks[i] = table.Find(symbols[i], symbols[i + 1]);
        ranks[count - 1] = MergeTable.None;
        while (true)
        {
            int best = 0;
            for (int i = 1; i < count; i++)
            {
                if (ranks[i] < ranks[best])
                    best = i;
            }
            if (ranks[best] == MergeTable.None)
                return count;
            symbols[best] = table.MergedOf(ranks[best]);
            count--;
            for (int i = best + 1; i < count; i++)
                (symbols[i], ranks[i]) = (symbols[i + 1], ranks[i + 1]);
            ranks[best] = best + 1 < count ? table.Find(symbols[best], symbols[best + 1]) : MergeTable.None;
            if (best > 0)
                ranks[best - 1] = table.Find(symbols[best - 1], symbols[best]);
        }
    }

    /// <summary>The same with a queue of pairs and a list of the symbols that are left.</summary>
    private static int MergeLong(MergeTable table, Span<int> symbols)
    {
        const int gone = -1;
        int[] next = new int[symbols.Length], previous = new int[symbols.Length];
        PriorityQueue<int, ulong> queue = new(symbols.Length);
        for (int i = 0; i < symbols.Length; i++)
        {
            (next[i], previous[i]) = (i + 1, i - 1);
            Offer(table, symbols, i, i + 1, queue);
        }
        while (queue.TryDequeue(out int left, out ulong priority))
        {
            if (symbols[left] == gone || next[left] == symbols.Length)
                continue;
            int right = next[left], rank = (int)(priority >> 32);
            // A pair that changed since it was queued has another rank.
            if (table.Find(symbols[left], symbols[right]) != rank)
                continue;
            (symbols[left], symbols[right]) = (table.MergedOf(rank), gone);
            next[left] = next[right];
            if (next[left] < symbols.Length)
                previous[next[left]] = left;
            Offer(table, symbols, left, next[left], queue);
            if (previous[left] >= 0)
                Offer(table, symbols, previous[left], left, queue);
        }
        int count = 0;
        for (int i = 0; i < symbols.Length; i = next[i])
            symbols[count++] = symbols[i];
        return count;
    }

    private static void Offer(MergeTable table, ReadOnlySpan<int> symbols, int left, int right, PriorityQueue<int, ulong> queue)
    {
        if (right < symbols.Length && table.Find(symbols[left], symbols[right]) is var rank && rank != MergeTable.None)
            queue.Enqueue(left, ((ulong)(uint)rank << 32) | (uint)left);
    }
}
