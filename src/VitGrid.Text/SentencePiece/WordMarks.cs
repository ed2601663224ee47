using VitGrid.Text.Unicode;

namespace VitGrid.Text.SentencePiece;

/// <summary>How a <c>tokenizer.json</c> marks and cuts words: its pre-tokenizer Metaspace.</summary>
/// <param name="Prefix">Which parts get a ▁ in front.</param>
/// <param name="IsSplit">Whether each ▁ begins a word that is looked at by itself.</param>
/// <param name="SplitsAtWhiteSpace">Whether white space is cut away before.</param>
internal sealed record WordMarks(WordPrefix Prefix, bool IsSplit, bool SplitsAtWhiteSpace)
{
    private const char Mark = '▁';

    /// <summary>The words of a part.</summary>
    public IEnumerable<string> Cut(string text, bool isFirst) => SplitsAtWhiteSpace
        ? Words(text).SelectMany(word => Marked(word, isFirst && word.Length > 0 && text.StartsWith(word, StringComparison.Ordinal)))
        : Marked(text, isFirst);

    private IEnumerable<string> Marked(string text, bool isFirst)
    {
        if (text.Length == 0)
            yield break;
        text = text.Replace(' ', Mark);
        if (text[0] != Mark && (Prefix == WordPrefix.Always || (Prefix == WordPrefix.First && isFirst)))
            text = Mark + text;
        if (!IsSplit)
        {
            yield return text;
            yield break;
        }
        for (int start = 0; start < text.Length;)
        {
            int next = text.IndexOf(Mark, start + 1);
            int end = next < 0 ? text.Length : next;
            yield return text[start..end];
            start = end;
        }
    }

    private static IEnumerable<string> Words(string text)
    {
        for (int start = 0; start < text.Length;)
        {
            int end = start;
            while (end < text.Length && !WhiteSpace.Is(text[end]))
                end++;
            if (end > start)
                yield return text[start..end];
            start = end + 1;
        }
    }
}

/// <summary>Which parts of a text get a ▁ in front.</summary>
internal enum WordPrefix
{
    Always,
    First,
    Never,
}
