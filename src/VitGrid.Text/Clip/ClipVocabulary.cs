using VitGrid.Text.Bpe;

namespace VitGrid.Text.Clip;

/// <summary>CLIP's table: ids of the 256 bytes inside a word and at its end, and the merges.</summary>
/// <param name="Inner">The id of each byte that is not a word's last.</param>
/// <param name="Last">The id of each byte that is a word's last.</param>
/// <param name="Merges">The merges.</param>
internal sealed record ClipVocabulary(int[] Inner, int[] Last, MergeTable Merges)
{
    /// <summary>What marks a symbol that ends a word.</summary>
    public const string EndOfWord = "</w>";

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
}
