using System.Buffers;

namespace VitGrid.Text.Bpe;

/// <summary>The symbols that a word begins with, before anything is merged.</summary>
internal interface ISymbolTable
{
    /// <summary>The merges.</summary>
    MergeTable Merges { get; }

    /// <summary>The most symbols that a UTF-16 code unit becomes.</summary>
    int MaxPerCharacter { get; }

    /// <summary>Writes a word's symbols.</summary>
    /// <returns>How many there are.</returns>
    int Write(ReadOnlySpan<char> word, Span<int> symbols);
}

/// <summary>Words become ids, and those seen before are looked up. Thread-safe.</summary>
internal sealed class WordMerger(ISymbolTable table)
{
    private const int MaxStack = 256;

    private readonly WordCache _words = new();

    /// <summary>Adds the ids of a word.</summary>
    public void Add(ReadOnlySpan<char> word, ref IdList ids)
    {
        uint hash = WordCache.HashOf(word);
        if (_words.Find(word, hash) is { Length: > 0 } known)
        {
            ids.Add(known);
            return;
        }
        int[]? rented = null;
        int most = word.Length * table.MaxPerCharacter;
        Span<int> symbols = most <= MaxStack ? stackalloc int[MaxStack] : (rented = ArrayPool<int>.Shared.Rent(most));
        symbols = symbols[..table.Write(word, symbols)];
        symbols = symbols[..Merger.Merge(table.Merges, symbols)];
        _words.Keep(word, hash, symbols);
        ids.Add(symbols);
        if (rented is not null)
            ArrayPool<int>.Shared.Return(rented);
    }
}
