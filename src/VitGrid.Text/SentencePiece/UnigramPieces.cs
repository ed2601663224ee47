namespace VitGrid.Text.SentencePiece;

/// <summary>The pieces among which a unigram model chooses.</summary>
/// <param name="Trie">Finds them.</param>
/// <param name="Scores">By id; the logarithm of the probability.</param>
/// <param name="UnknownId">The id of what no piece covers.</param>
/// <param name="UnknownScore">The score of a character that no piece covers.</param>
/// <param name="IsSinglePrecision">Whether sums are kept as 32-bit floats, as SentencePiece does; the Rust library keeps 64.</param>
internal sealed record UnigramPieces(ByteTrie Trie, double[] Scores, int UnknownId, double UnknownScore, bool IsSinglePrecision)
{
    private const double UnknownPenalty = 10;
    private const double UserDefinedPenalty = 0.1;

    /// <summary>Those of a SentencePiece model.</summary>
    public static UnigramPieces From(SentencePieceModel model)
    {
        IReadOnlyList<Piece> pieces = model.Pieces;
        float[] normal = [.. pieces.Where(piece => piece.Kind == PieceKind.Normal).Select(piece => piece.Score).DefaultIfEmpty()];
        float lowest = normal.Min(), highest = normal.Max();
        ByteTrie trie = new();
        double[] scores = new double[pieces.Count];
        for (int id = 0; id < pieces.Count; id++)
        {
            byte[] text = System.Text.Encoding.UTF8.GetBytes(pieces[id].Text);
            scores[id] = pieces[id].Kind == PieceKind.UserDefined ? (text.Length * highest) - UserDefinedPenalty : pieces[id].Score;
            if (pieces[id].Kind is PieceKind.Normal or PieceKind.UserDefined)
                trie.Add(text, id);
        }
        return new(trie, scores, model.UnknownId, lowest - (float)UnknownPenalty, IsSinglePrecision: true);
    }

    /// <summary>Those of a <c>tokenizer.json</c>, of which every one is found in the text, special ones too.</summary>
    public static UnigramPieces From(IReadOnlyList<(string Text, double Score)> vocabulary, int unknownId)
    {
        ByteTrie trie = new();
        for (int id = 0; id < vocabulary.Count; id++)
            trie.Add(System.Text.Encoding.UTF8.GetBytes(vocabulary[id].Text), id);
        double[] scores = [.. vocabulary.Select(piece => piece.Score)];
        return new(trie, scores, unknownId, scores.Min() - UnknownPenalty, IsSinglePrecision: false);
    }

    /// <summary>A sum as it is kept.</summary>
    public double Round(double score) => IsSinglePrecision ? (float)score : score;
}
