using System.Buffers;
using System.Text;
using VitGrid.Text.Added;
using VitGrid.Text.Bpe;
using VitGrid.Text.Unicode;

namespace VitGrid.Text.Gemma;

/// <summary>
/// Gemma's byte pair encoding with byte fallback, as SigLIP 2 uses it: added tokens from the text as it is written, lower case, ▁ for
/// blanks, nothing collapsed, merges over the whole part.
/// </summary>
internal sealed class GemmaTokenizer : ITextTokenizer
{
    private const char Blank = '▁';

    private readonly GemmaVocabulary _vocabulary;
    private readonly AddedTokens _added;
    private readonly WordMerger _words;

    /// <summary>Creates it.</summary>
    /// <param name="vocabulary">The pieces.</param>
    /// <param name="added">Tokens that are found as they are written.</param>
    public GemmaTokenizer(GemmaVocabulary vocabulary, IEnumerable<AddedToken> added) =>
        (_vocabulary, _added, _words) = (vocabulary, new(added), new(vocabulary));

    /// <inheritdoc/>
    public string Family => "gemma";

    /// <inheritdoc/>
    public string Rule => LowersCase ? "lower case; punctuation and blanks kept" : "case, punctuation and blanks kept";

    /// <inheritdoc/>
    public required int ContextLength { get; init; }

    /// <inheritdoc/>
    public required int MaxCharacters { get; init; }

    /// <inheritdoc/>
    public required int PadId { get; init; }

    /// <summary>The id that begins each text; null: none.</summary>
    public int? StartId { get; init; }

    /// <summary>The id that ends each text.</summary>
    public required int EndId { get; init; }

    /// <summary>Whether a text is lower-cased, as in the training of SigLIP 2.</summary>
    public required bool LowersCase { get; init; }

    /// <summary>Whether added tokens are sought when case and blanks have been changed, as SentencePiece does, and not before.</summary>
    public bool SeeksChanged { get; init; }

    /// <summary>Whether a text gets a ▁ in front.</summary>
    public bool AddsPrefix { get; init; }

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
        if (StartId is { } startId)
            ids.Add(startId);
        string whole = SeeksChanged ? Change(text) : text.ToString();
        if (AddsPrefix && whole.Length > 0)
            whole = Blank + whole;
        for (int from = 0; from < whole.Length;)
        {
            AddedToken? token = _added.Next(whole, from, out int start, out int end);
            AddPart(SeeksChanged ? whole.AsSpan(from..start) : Change(whole.AsSpan(from..start)), ref ids);
            if (token is not null)
                ids.Add(token.Id);
            from = end;
        }
        TokenizedText result = ids.Ended(EndId);
        ArrayPool<int>.Shared.Return(rented);
        return result;
    }

    private string Change(ReadOnlySpan<char> text) =>
        (LowersCase ? LowerCase.PerCodePoint(text) : text.ToString()).Replace(' ', Blank);

    /// <summary>Cuts a part before each ▁ that no merge can join with what stands before it: the pieces are merged by themselves.</summary>
    private void AddPart(ReadOnlySpan<char> part, ref IdList ids)
    {
        while (part.Length > 0)
        {
            int end = 1;
            for (; end < part.Length; end++)
            {
                int next = part[end..].IndexOf(Blank);
                end = next < 0 ? part.Length : end + next;
                if (end == part.Length || IsCut(part, end))
                    break;
            }
            _words.Add(part[..end], ref ids);
            part = part[end..];
        }
    }

    private bool IsCut(ReadOnlySpan<char> part, int blank)
    {
        Rune.DecodeLastFromUtf16(part[..blank], out Rune previous, out _);
        return _vocabulary.IsCutBeforeBlank(previous.Value);
    }
}
