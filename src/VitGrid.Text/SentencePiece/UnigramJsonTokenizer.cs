using System.Buffers;
using System.Text;
using VitGrid.Text.Added;
using VitGrid.Text.Bpe;
using VitGrid.Text.Unicode;

namespace VitGrid.Text.SentencePiece;

/// <summary>
/// Unigram pieces of a <c>tokenizer.json</c>, as the Rust library has them: OpenCLIP's folders of SigLIP hold nothing else. Its ids differ
/// from those of <c>spiece.model</c> in marks, the final sigma and texts of nothing but zero-width characters.
/// </summary>
internal sealed class UnigramJsonTokenizer : ITextTokenizer
{
    private readonly IReadOnlyList<Func<string, string>> _steps;
    private readonly WordMarks _marks;
    private readonly UnigramPieces _pieces;
    private readonly AddedTokens _raw;
    private readonly AddedTokens _normalized;

    /// <summary>Creates it.</summary>
    /// <param name="steps">What is done to a text, in order.</param>
    /// <param name="marks">How words are marked.</param>
    /// <param name="pieces">The pieces.</param>
    /// <param name="added">Tokens that are found as they are written.</param>
    public UnigramJsonTokenizer(
        IReadOnlyList<Func<string, string>> steps, WordMarks marks, UnigramPieces pieces, IReadOnlyList<AddedToken> added)
    {
        (_steps, _marks, _pieces) = (steps, marks, pieces);
        _raw = new(added.Where(token => !token.IsNormalized));
        _normalized = new(added.Where(token => token.IsNormalized).Select(token => token with { Content = Change(token.Content) }));
    }

    /// <inheritdoc/>
    public string Family => "siglip-json";

    /// <inheritdoc/>
    public string Rule => $"as tokenizer.json says, in {_steps.Count} steps";

    /// <inheritdoc/>
    public required int ContextLength { get; init; }

    /// <inheritdoc/>
    public required int MaxCharacters { get; init; }

    /// <inheritdoc/>
    public required int PadId { get; init; }

    /// <summary>The id that ends each text.</summary>
    public required int EndId { get; init; }

    /// <inheritdoc/>
    public required int VocabularySize { get; init; }

    /// <inheritdoc/>
    public bool PadsToContext => true;

    /// <inheritdoc/>
    public TokenizedText Encode(ReadOnlySpan<char> text)
    {
        TextCheck.Ensure(text, MaxCharacters);
        int[] rented = ArrayPool<int>.Shared.Rent(ContextLength);
        IdList ids = new(rented.AsSpan(0, ContextLength - 1));
        for (int from = 0; from < text.Length;)
        {
            AddedToken? token = _raw.Next(text, from, out int start, out int end);
            AddPart(Change(text[from..start].ToString()), isFirst: from == 0, ref ids);
            if (token is not null)
                ids.Add(token.Id);
            from = end;
        }
        TokenizedText result = ids.Ended(EndId);
        ArrayPool<int>.Shared.Return(rented);
        return result;
    }

    private string Change(string text) => _steps.Aggregate(text, (changed, step) => step(changed));

    private void AddPart(string text, bool isFirst, ref IdList ids)
    {
        for (int from = 0; from < text.Length;)
        {
            AddedToken? token = _normalized.Next(text, from, out int start, out int end);
            foreach (string word in _marks.Cut(text[from..start], isFirst && from == 0))
                Unigram.AddIds(_pieces, Encoding.UTF8.GetBytes(word), ref ids);
            if (token is not null)
                ids.Add(token.Id);
            from = end;
        }
    }
}
