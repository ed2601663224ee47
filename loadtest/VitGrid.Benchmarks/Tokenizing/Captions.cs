using System.Text;

namespace VitGrid.Benchmarks.Tokenizing;

/// <summary>Generated captions.</summary>
/// <param name="words">Words in order of their frequency.</param>
/// <param name="seed">Equal seeds give equal captions.</param>
internal sealed class Captions(IReadOnlyList<string> words, int seed)
{
    private const int MinWords = 5, MaxWords = 25;

    /// <summary>Captions of common words: the n-th is drawn in proportion to 1/n, and a tenth is bent or joined.</summary>
    public string[] Common(int count)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Caption(random, () => Word(random)))];
    }

    /// <summary>Captions in which no word ever comes again.</summary>
    public string[] Unseen(int count)
    {
        Random random = new(seed + 1);
        HashSet<string> seen = [];
        return [.. Enumerable.Range(0, count).Select(_ => Caption(random, () => New(random, seen)))];
    }

    private static string Caption(Random random, Func<string> word)
    {
        StringBuilder caption = new();
        for (int left = random.Next(MinWords, MaxWords + 1); left > 0; left--)
        {
            string next = word();
            caption.Append(caption.Length == 0 ? char.ToUpperInvariant(next[0]) + next[1..] : next);
            caption.Append(left == 1 ? "." : random.Next(12) == 0 ? ", " : " ");
        }
        return caption.ToString();
    }

    private string Word(Random random)
    {
        // The inverse of the cumulated 1/n is about e to the power of the part of ln N.
        string word = words[Math.Min(words.Count - 1, (int)Math.Exp(random.NextDouble() * Math.Log(words.Count)))];
        return random.Next(20) switch
        {
            0 => word + "s",
            1 => word + words[random.Next(words.Count)],
            _ => word,
        };
    }

    private static string New(Random random, HashSet<string> seen)
    {
        while (true)
        {
            string word = string.Create(random.Next(4, 13), random, (letters, drawn) =>
            {
                for (int i = 0; i < letters.Length; i++)
                    letters[i] = (char)('a' + drawn.Next(26));
            });
            if (seen.Add(word))
                return word;
        }
    }
}
