using VitGrid.Text.Unicode;

namespace VitGrid.Text.OpenClip;

/// <summary>A tokenizer whose texts are cleaned as OpenCLIP cleans them.</summary>
/// <param name="inner">The tokenizer of the folder.</param>
/// <param name="cleaning">The cleaning.</param>
internal sealed class CleaningTokenizer(ITextTokenizer inner, TextCleaning cleaning) : ITextTokenizer
{
    /// <inheritdoc/>
    public string Family => inner.Family;

    /// <inheritdoc/>
    public string Rule => cleaning switch
    {
        TextCleaning.Canonicalize => "OpenCLIP's canonical form: mended as by ftfy, lower case, ASCII punctuation removed",
        TextCleaning.Lower => "OpenCLIP's lower form: mended as by ftfy, lower case; punctuation kept",
        _ => "OpenCLIP's plain form: mended as by ftfy; case and punctuation kept",
    };

    /// <inheritdoc/>
    public int ContextLength => inner.ContextLength;

    /// <inheritdoc/>
    public int MaxCharacters => inner.MaxCharacters;

    /// <inheritdoc/>
    public int PadId => inner.PadId;

    /// <inheritdoc/>
    public bool PadsToContext => inner.PadsToContext;

    /// <inheritdoc/>
    public int VocabularySize => inner.VocabularySize;

    /// <inheritdoc/>
    public TokenizedText Encode(ReadOnlySpan<char> text)
    {
        TextCheck.Ensure(text, MaxCharacters);
        string cleaned = TextCleaner.Clean(text.ToString(), cleaning);
        // A compatibility character may become several, and the limit is on what was sent.
        return inner.Encode(cleaned.AsSpan(0, Math.Min(cleaned.Length, WholeCharacters(cleaned, MaxCharacters))));
    }

    private static int WholeCharacters(string text, int most) =>
        most < text.Length && char.IsLowSurrogate(text[most]) ? most - 1 : most;
}
