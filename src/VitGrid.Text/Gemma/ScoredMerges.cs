using VitGrid.Text.Bpe;
using VitGrid.Text.SentencePiece;

namespace VitGrid.Text.Gemma;

/// <summary>
/// The merges that a SentencePiece BPE model means: any two neighbours whose text together is a piece, the highest score first.
/// </summary>
internal static class ScoredMerges
{
    /// <summary>Makes the vocabulary of a <c>tokenizer.model</c>.</summary>
    /// <exception cref="TokenizerException">Its ids would not be exact here.</exception>
    public static GemmaVocabulary Create(SentencePieceModel model, string file)
    {
        if (!model.IsBpe || !model.HasByteFallback)
            throw new TokenizerException($"{file} is no BPE model with byte fallback, which Gemma's is");
        if (model.Charsmap.Length > 0 || model.RemovesExtraBlanks)
            throw new TokenizerException($"{file} changes characters or blanks, which Gemma's does not: its ids would not be exact");
        Dictionary<string, int> ids = new(model.Pieces.Count, StringComparer.Ordinal);
        Dictionary<string, int> merged = new(StringComparer.Ordinal);
        for (int id = 0; id < model.Pieces.Count; id++)
        {
            Piece piece = model.Pieces[id];
            if (piece.Kind == PieceKind.Unused)
                throw new TokenizerException($"{file} has the unused piece '{piece.Text}', which no tokenizer here splits again");
            if (piece.Kind is PieceKind.Normal or PieceKind.Byte)
                ids[piece.Text] = id;
            if (piece.Kind == PieceKind.Normal)
                merged[piece.Text] = id;
        }
        return Create(model, merged, ids, file);
    }

    private static GemmaVocabulary Create(
        SentencePieceModel model, Dictionary<string, int> merged, Dictionary<string, int> ids, string file)
    {
        float[] scores = [.. merged.Values.Select(id => model.Pieces[id].Score).Distinct().OrderDescending()];
        Dictionary<float, int> ranks = scores.Index().ToDictionary(score => score.Item, score => score.Index);
        List<(int Left, int Right, int Rank, int Id)> merges = [];
        HashSet<string> leftSides = [];
        var pieces = merged.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach ((string text, int id) in merged)
        {
            for (int cut = 1; cut < text.Length; cut++)
            {
                if (!pieces.TryGetValue(text.AsSpan(0, cut), out int left) || !pieces.TryGetValue(text.AsSpan(cut), out int right))
                    continue;
                merges.Add((left, right, ranks[model.Pieces[id].Score], id));
                if (GemmaVocabulary.BeginsWithBlank(text[cut..]))
                    leftSides.Add(text[..cut]);
            }
        }
        MergeTable table = new(merges.Count, scores.Length);
        foreach ((int left, int right, int rank, int id) in merges)
        {
            if (!table.TryAdd(left, right, rank, id))
                throw new TokenizerException(
                    $"{file} has two pieces of the score {scores[rank]}, one of them '{model.Pieces[id].Text}', and no order between them");
        }
        return new(ids, table, leftSides, file);
    }
}
