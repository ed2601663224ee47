namespace VitGrid.Text;

/// <summary>Turns a text into the token ids that a model's text tower was trained on. Thread-safe; ids depend on the text alone.</summary>
public interface ITextTokenizer
{
    /// <summary>Its family: <c>clip</c>, <c>siglip</c>, <c>siglip-json</c> or <c>gemma</c>.</summary>
    string Family { get; }

    /// <summary>What is done to a text before it is cut into tokens, in words, such as <c>lower case, punctuation kept</c>.</summary>
    string Rule { get; }

    /// <summary>The most tokens that a text has, its end token included.</summary>
    int ContextLength { get; }

    /// <summary>The most UTF-16 code units that a text may have.</summary>
    int MaxCharacters { get; }

    /// <summary>The id with which a text is filled up to <see cref="ContextLength"/>, on the right.</summary>
    int PadId { get; }

    /// <summary>Whether the tower reads the padding, so that every text has to be filled up to <see cref="ContextLength"/>.</summary>
    bool PadsToContext { get; }

    /// <summary>One more than the highest id.</summary>
    int VocabularySize { get; }

    /// <summary>The ids of a text, truncated to <see cref="ContextLength"/> as the model's own class does: the end token stays.</summary>
    /// <exception cref="TextException">The text is too long or holds half a surrogate pair.</exception>
    TokenizedText Encode(ReadOnlySpan<char> text);
}
