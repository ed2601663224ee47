using VitGrid.Text.Bpe;

namespace VitGrid.Text.Tests;

/// <summary>Byte pair merges: the short way, the queue for long words, and the definition itself give one result.</summary>
public sealed class MergerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Short_and_long_words_are_merged_as_the_definition_says(int seed)
    {
        Random random = new(seed);
        for (int round = 0; round < 300; round++)
        {
            const int letters = 4;
            int merges = random.Next(1, 40);
            MergeTable table = new(merges, merges);
            Dictionary<(int, int), (int Rank, int Merged)> defined = [];
            for (int rank = 0; rank < merges; rank++)
            {
                (int left, int right) = (random.Next(letters + rank), random.Next(letters + rank));
                if (defined.TryAdd((left, right), (rank, letters + rank)))
                    Assert.True(table.TryAdd(left, right, rank, letters + rank));
            }
            int[] symbols = [.. Enumerable.Range(0, random.Next(1, 160)).Select(_ => random.Next(letters))];
            int[] wanted = Defined(defined, symbols), merged = [.. symbols];
            Assert.Equal(wanted, merged[..Merger.Merge(table, merged)]);
        }
    }

    private static int[] Defined(Dictionary<(int, int), (int Rank, int Merged)> merges, int[] symbols)
    {
        List<int> left = [.. symbols];
        while (true)
        {
            (int rank, int at, int merged) = (int.MaxValue, -1, 0);
            for (int i = 0; i + 1 < left.Count; i++)
            {
                if (merges.TryGetValue((left[i], left[i + 1]), out (int Rank, int Merged) found) && found.Rank < rank)
                    (rank, at, merged) = (found.Rank, i, found.Merged);
            }
            if (at < 0)
                return [.. left];
            left[at] = merged;
            left.RemoveAt(at + 1);
        }
    }
}
