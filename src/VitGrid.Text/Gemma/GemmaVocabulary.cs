using System.Buffers;
using System.Text;
using VitGrid.Text.Bpe;

namespace VitGrid.Text.Gemma;

/// <summary>Gemma's pieces.</summary>
internal sealed class GemmaVocabulary : ISymbolTable
{
    private const char Blank = '▁';
    private const int AsciiCount = 128;

    private readonly Dictionary<int, int> _characters = [];
    private readonly int[] _ascii = new int[AsciiCount];
    private readonly HashSet<int> _beforeBlank = [];

    /// <summary>Creates it.</summary>
    /// <param name="ids">The ids of all pieces that take part in merges, and of the bytes.</param>
    /// <param name="merges">The merges.</param>
    /// <param name="leftSides">The left piece of every merge whose right piece begins with ▁.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <exception cref="TokenizerException">A byte is missing.</exception>
    public GemmaVocabulary(
        IReadOnlyDictionary<string, int> ids, MergeTable merges, IEnumerable<string> leftSides, string file)
    {
        Merges = merges;
        Array.Fill(_ascii, -1);
        foreach ((string text, int id) in ids)
        {
            if (Rune.DecodeFromUtf16(text, out Rune rune, out int length) == OperationStatus.Done && length == text.Length)
                AddCharacter(rune.Value, id);
        }
        Bytes = [.. Enumerable.Range(0, 256).Select(value => Byte(ids, value, file))];
        foreach (string left in leftSides)
        {
            Rune.DecodeLastFromUtf16(left, out Rune last, out _);
            _beforeBlank.Add(last.Value);
        }
    }

    /// <inheritdoc/>
    public MergeTable Merges { get; }

    /// <inheritdoc/>
    public int MaxPerCharacter => 4;

    /// <summary>The id of each byte.</summary>
    public int[] Bytes { get; }

    /// <summary>Whether no merge can join a ▁ with the character before it, so that the text may be cut there.</summary>
    public bool IsCutBeforeBlank(int previous) => Find(previous) >= 0 && !_beforeBlank.Contains(previous);

    /// <summary>The id of a character; negative: it has none, and becomes its bytes.</summary>
    public int Find(int codePoint) => codePoint < AsciiCount ? _ascii[codePoint] : _characters.GetValueOrDefault(codePoint, -1);

    /// <inheritdoc/>
    public int Write(ReadOnlySpan<char> word, Span<int> symbols)
    {
        Span<byte> utf8 = stackalloc byte[4];
        int count = 0;
        foreach (Rune rune in word.EnumerateRunes())
        {
            if (Find(rune.Value) is >= 0 and var id)
            {
                symbols[count++] = id;
                continue;
            }
            int size = rune.EncodeToUtf8(utf8);
            for (int i = 0; i < size; i++)
                symbols[count++] = Bytes[utf8[i]];
        }
        return count;
    }

    private void AddCharacter(int codePoint, int id)
    {
        if (codePoint < AsciiCount)
            _ascii[codePoint] = id;
        else
            _characters[codePoint] = id;
    }

    private static int Byte(IReadOnlyDictionary<string, int> ids, int value, string file)
    {
        string piece = $"<0x{value:X2}>";
        return ids.TryGetValue(piece, out int id)
            ? id
            : throw new TokenizerException($"{file} has no piece '{piece}': a vocabulary with byte fallback has all 256 bytes");
    }

    /// <summary>Whether a piece begins where a blank was.</summary>
    public static bool BeginsWithBlank(string piece) => piece.Length > 0 && piece[0] == Blank;
}
