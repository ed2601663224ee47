using System.Buffers;
using VitGrid.Text.Added;
using VitGrid.Text.Bpe;
using VitGrid.Text.Unicode;

namespace VitGrid.Text.Clip;

/// <summary>CLIP's byte-level byte pair encoding with <c>&lt;/w&gt;</c> at the end of words, as transformers' class has it.</summary>
internal sealed class ClipTokenizer : ITextTokenizer
{
    private readonly AddedTokens _raw;
    private readonly AddedTokens _normalized;
    private readonly WordMerger _words;

    /// <summary>Creates it.</summary>
    /// <param name="vocabulary">The table.</param>
    /// <param name="added">Tokens that are found as they are written.</param>
    public ClipTokenizer(ClipVocabulary vocabulary, IReadOnlyList<AddedToken> added)
    {
        _words = new(vocabulary);
        _raw = new(added.Where(token => !token.IsNormalized));
        _normalized = new(added.Where(token => token.IsNormalized).Select(
            token => token with { Content = ClipNormalizer.Normalize(token.Content, new char[token.Content.Length]).ToString() }));
    }

    /// <inheritdoc/>
    public string Family => "clip";

    /// <inheritdoc/>
    public string Rule => "normalization form C, white space to blanks, lower case; punctuation kept";

    /// <inheritdoc/>
    public required int ContextLength { get; init; }

    /// <inheritdoc/>
    public required int MaxCharacters { get; init; }

    /// <inheritdoc/>
    public required int PadId { get; init; }

    /// <summary>The id that begins each text.</summary>
    public required int StartId { get; init; }

    /// <summary>The id that ends each text.</summary>
    public required int EndId { get; init; }

    /// <inheritdoc/>
    public required int VocabularySize { get; init; }

    /// <inheritdoc/>
    public bool PadsToContext => false;

    /// <inheritdoc/>
    public TokenizedText Encode(ReadOnlySpan<char> text)
    {
        TextCheck.Ensure(text, MaxCharacters);
        int[] rented = ArrayPool<int>.Shared.Rent(ContextLength);
        IdList ids = new(rented.AsSpan(0, ContextLength - 1));
        ids.Add(StartId);
        int from = 0;
        do
        {
            AddedToken? token = _raw.Next(text, from, out int start, out int end);
            AddPart(text[from..start], ref ids);
            if (token is not null)
                ids.Add(token.Id);
            from = end;
        }
        while (from < text.Length);
        TokenizedText result = ids.Ended(EndId);
        ArrayPool<int>.Shared.Return(rented);
        return result;
    }

    private void AddPart(ReadOnlySpan<char> part, ref IdList ids)
    {
        if (part.Length == 0)
            return;
        char[] rented = ArrayPool<char>.Shared.Rent(part.Length);
        ReadOnlySpan<char> text = ClipNormalizer.Normalize(part, rented);
        int from = 0;
        while (from < text.Length)
        {
            AddedToken? token = _normalized.Next(text, from, out int start, out int end);
            ClipWords words = new(text[from..start]);
            while (words.MoveNext())
                _words.Add(words.Current, ref ids);
            if (token is not null)
                ids.Add(token.Id);
            from = end;
        }
        ArrayPool<char>.Shared.Return(rented);
    }
}
