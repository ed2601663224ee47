using VitGrid.Text.Bpe;

namespace VitGrid.Text.SentencePiece;

/// <summary>Chooses the most likely pieces of a text (Viterbi), in time linear in the text for a given longest piece.</summary>
internal static class Unigram
{
    /// <summary>Adds the ids of a normalized text; neighbouring unknown characters are one.</summary>
    public static void AddIds(UnigramPieces pieces, ReadOnlySpan<byte> text, ref IdList ids)
    {
        if (text.Length == 0)
            return;
        Step[] steps = Forward(pieces, text);
        Stack<int> chosen = new();
        bool wasUnknown = false;
        for (int end = text.Length; end > 0; end = steps[end].Start)
        {
            bool isUnknown = steps[end].Id == pieces.UnknownId;
            if (!(isUnknown && wasUnknown))
                chosen.Push(steps[end].Id);
            wasUnknown = isUnknown;
        }
        foreach (int id in chosen)
            ids.Add(id);
    }

    private static Step[] Forward(UnigramPieces pieces, ReadOnlySpan<byte> text)
    {
        Step[] steps = new Step[text.Length + 1];
        Array.Fill(steps, new(-1, 0, 0));
        for (int start = 0; start < text.Length;)
        {
            double before = steps[start].Score;
            int size = Utf8.SizeAt(text[start..]);
            bool hasSingle = false;
            int node = 0;
            for (int end = start; end < text.Length && (node = pieces.Trie.Child(node, text[end])) > 0;)
            {
                end++;
                if (pieces.Trie.ValueAt(node) is not (>= 0 and var id))
                    continue;
                Offer(pieces, ref steps[end], start, id, pieces.Scores[id] + before);
                hasSingle |= end - start == size;
            }
            if (!hasSingle)
                Offer(pieces, ref steps[start + size], start, pieces.UnknownId, pieces.Round(pieces.UnknownScore + before));
            start += size;
        }
        return steps;
    }

    private static void Offer(UnigramPieces pieces, ref Step step, int start, int id, double score)
    {
        if (step.Start < 0 || score > step.Score)
            step = new(start, id, pieces.Round(score));
    }

    private readonly record struct Step(int Start, int Id, double Score);
}
