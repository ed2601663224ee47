using System.Buffers;
using System.Text;
using VitGrid.Text.Added;
using VitGrid.Text.Bpe;
using VitGrid.Text.Unicode;

namespace VitGrid.Text.SentencePiece;

/// <summary>SigLIP's unigram pieces, as transformers' class has them on <c>spiece.model</c>.</summary>
internal sealed class SiglipTokenizer : ITextTokenizer
{
    private readonly PieceNormalizer _normalizer;
    private readonly UnigramPieces _pieces;
    private readonly AddedTokens _special;

    /// <summary>Creates it.</summary>
    /// <param name="model">The pieces.</param>
    /// <param name="special">Tokens that are found as they are written.</param>
    /// <param name="file">The model's name, for messages.</param>
    /// <exception cref="TokenizerException">The charsmap is damaged, or unknown characters become bytes.</exception>
    public SiglipTokenizer(SentencePieceModel model, IEnumerable<AddedToken> special, string file)
    {
        if (model.HasByteFallback)
            throw new TokenizerException($"{file} is a unigram model with byte fallback, which SigLIP's is not");
        ByteTrie userDefined = new();
        foreach (Piece piece in model.Pieces.Where(piece => piece.Kind == PieceKind.UserDefined))
            userDefined.Add(Encoding.UTF8.GetBytes(piece.Text), 0);
        _normalizer = new(Charsmap.Read(model.Charsmap, file), userDefined, model);
        _pieces = UnigramPieces.From(model);
        _special = new(special);
        VocabularySize = model.Pieces.Count;
    }

    /// <inheritdoc/>
    public string Family => "siglip";

    /// <inheritdoc/>
    public string Rule => "lower case, ASCII punctuation removed, white space to blanks, the model's own character map";

    /// <inheritdoc/>
    public required int ContextLength { get; init; }

    /// <inheritdoc/>
    public required int MaxCharacters { get; init; }

    /// <inheritdoc/>
    public required int PadId { get; init; }

    /// <summary>The id that ends each text.</summary>
    public required int EndId { get; init; }

    /// <inheritdoc/>
    public int VocabularySize { get; }

    /// <inheritdoc/>
    public bool PadsToContext => true;

    /// <inheritdoc/>
    public TokenizedText Encode(ReadOnlySpan<char> text)
    {
        TextCheck.Ensure(text, MaxCharacters);
        int[] rented = ArrayPool<int>.Shared.Rent(ContextLength);
        IdList ids = new(rented.AsSpan(0, ContextLength - 1));
        string written = text.ToString().Replace('▁', ' ');
        int from = 0;
        // The word mark in front comes from a text's beginning alone.
        for (bool isFirst = true; from < written.Length; isFirst = false)
        {
            AddedToken? token = _special.Next(written, from, out int start, out int end);
            byte[] part = Encoding.UTF8.GetBytes(SiglipText.Canonicalize(written.AsSpan(from..start)));
            Unigram.AddIds(_pieces, _normalizer.Normalize(part, isFirst), ref ids);
            if (token is not null)
                ids.Add(token.Id);
            from = end;
        }
        TokenizedText result = ids.EndedOnce(EndId);
        ArrayPool<int>.Shared.Return(rented);
        return result;
    }
}
