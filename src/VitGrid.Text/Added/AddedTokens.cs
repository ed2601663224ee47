using System.Buffers;
using VitGrid.Text.Unicode;

namespace VitGrid.Text.Added;

/// <summary>Finds added tokens in a text: the leftmost, of several at one place the longest.</summary>
internal sealed class AddedTokens
{
    private readonly Dictionary<string, AddedToken>.AlternateLookup<ReadOnlySpan<char>> _tokens;
    private readonly SearchValues<char> _first;
    private readonly Dictionary<char, int[]> _lengths;

    /// <summary>Creates the finder.</summary>
    /// <param name="tokens">The tokens; of two with one content the later counts.</param>
    public AddedTokens(IEnumerable<AddedToken> tokens)
    {
        Dictionary<string, AddedToken> byContent = new(StringComparer.Ordinal);
        foreach (AddedToken token in tokens.Where(token => token.Content.Length > 0))
            byContent[token.Content] = token;
        _tokens = byContent.GetAlternateLookup<ReadOnlySpan<char>>();
        _lengths = byContent.Keys.GroupBy(content => content[0]).ToDictionary(
            group => group.Key, group => group.Select(content => content.Length).Distinct().OrderDescending().ToArray());
        _first = SearchValues.Create([.. _lengths.Keys]);
        IsEmpty = byContent.Count == 0;
    }

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty { get; }

    /// <summary>Finds the next token at or behind <paramref name="from"/>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="from">Where the part begins that no token has taken.</param>
    /// <param name="start">The first character that the token takes.</param>
    /// <param name="end">The first character behind it.</param>
    /// <returns>The token; null: there is none.</returns>
    public AddedToken? Next(ReadOnlySpan<char> text, int from, out int start, out int end)
    {
        for (start = from; !IsEmpty; start++)
        {
            int at = text[start..].IndexOfAny(_first);
            if (at < 0)
                break;
            start += at;
            if (At(text, start) is not { } token)
                continue;
            end = start + token.Content.Length;
            if (token.IsSingleWord && TouchesWord(text, start, end))
                continue;
            while (token.StripsLeft && start > from && WhiteSpace.Is(text[start - 1]))
                start--;
            while (token.StripsRight && end < text.Length && WhiteSpace.Is(text[end]))
                end++;
            return token;
        }
        start = end = text.Length;
        return null;
    }

    private AddedToken? At(ReadOnlySpan<char> text, int start)
    {
        foreach (int length in _lengths[text[start]])
        {
            if (length <= text.Length - start && _tokens.TryGetValue(text.Slice(start, length), out AddedToken? token))
                return token;
        }
        return null;
    }

    private static bool TouchesWord(ReadOnlySpan<char> text, int start, int end) =>
        (start > 0 && IsWord(text[start - 1])) || (end < text.Length && IsWord(text[end]));

    private static bool IsWord(char character) => char.IsLetterOrDigit(character) || character == '_';
}
