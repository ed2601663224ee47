using System.Text;
using VitGrid.Text.Bpe;

namespace VitGrid.Text.Clip;

/// <summary>CLIP's table: ids of the 256 bytes inside a word and at its end, and the merges.</summary>
/// <param name="Inner">The id of each byte that is not a word's last.</param>
/// <param name="Last">The id of each byte that is a word's last.</param>
/// <param name="Merges">The merges.</param>
internal sealed record ClipVocabulary(int[] Inner, int[] Last, MergeTable Merges) : ISymbolTable
{
    /// <summary>What marks a symbol that ends a word.</summary>
    public const string EndOfWord = "</w>";

    /// <inheritdoc/>
    public int MaxPerCharacter => 3;

    /// <summary>Looks the bytes up.</summary>
    /// <exception cref="TokenizerException">One is missing, so that some text would have no ids.</exception>
    public static ClipVocabulary Create(IReadOnlyDictionary<string, int> ids, MergeTable merges, string file)
    {
        char[] characters = ByteCharacters.Create();
        return new(
            [.. characters.Select(character => Id(character.ToString()))],
            [.. characters.Select(character => Id(character + EndOfWord))],
            merges);

        int Id(string symbol) => ids.TryGetValue(symbol, out int id)
            ? id
            : throw new TokenizerException($"{file} has no '{symbol}': a CLIP vocabulary has all 256 bytes, with and without {EndOfWord}");
    }

    /// <inheritdoc/>
    public int Write(ReadOnlySpan<char> word, Span<int> symbols)
    {
        int count = 0, last = 0;
        if (Ascii.IsValid(word))
        {
            for (; count < word.Length - 1; count++)
                symbols[count] = Inner[word[count]];
            symbols[count] = Last[word[count]];
            return word.Length;
        }
        Span<byte> utf8 = stackalloc byte[4];
        foreach (Rune rune in word.EnumerateRunes())
        {
            int size = rune.EncodeToUtf8(utf8);
            for (int i = 0; i < size; i++)
                symbols[count++] = Inner[last = utf8[i]];
        }
        symbols[count - 1] = Last[last];
        return count;
    }
}
