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
        Span<ulong> pairs = stackalloc ulong[MaxShort];
        int count = symbols.Length;
        for (int i = 0; i + 1 < count; i++)
            pairs[i] = table.Find(symbols[i], symbols[i + 1]);
        while (count > 1)
        {
            int best = 0;
            for (int i = 1; i + 1 < count; i++)
            {
                if (pairs[i] >> 32 < pairs[best] >> 32)
                    best = i;
            }
            if (pairs[best] == MergeTable.None)
                break;
            symbols[best] = (int)(uint)pairs[best];
            symbols[(best + 2)..count].CopyTo(symbols[(best + 1)..]);
            count--;
            if (best + 1 < count)
            {
                pairs[(best + 2)..count].CopyTo(pairs[(best + 1)..]);
                pairs[best] = table.Find(symbols[best], symbols[best + 1]);
            }
            if (best > 0)
                pairs[best - 1] = table.Find(symbols[best - 1], symbols[best]);
        }
        return count;
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
        while (queue.TryDequeue(out int merged, out ulong priority))
        {
            int left = (int)(uint)priority;
            if (symbols[left] == gone || next[left] == symbols.Length)
                continue;
            int right = next[left];
            // A pair that changed since it was queued makes another symbol.
            ulong found = table.Find(symbols[left], symbols[right]);
            if (found == MergeTable.None || (int)(uint)found != merged)
                continue;
            (symbols[left], symbols[right]) = (merged, gone);
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
        if (right < symbols.Length && table.Find(symbols[left], symbols[right]) is var found && found != MergeTable.None)
            queue.Enqueue((int)(uint)found, (found & 0xFFFF_FFFF_0000_0000) | (uint)left);
    }
}
