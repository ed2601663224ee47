using System.Numerics;
using System.Runtime.InteropServices;

namespace VitGrid.Text.Bpe;

/// <summary>
/// The ids of words seen before. Bounded: a word has one place and pushes out whatever is there. Thread-safe without a lock, for an entry
/// is one array that is written once: the word's length, its characters, and behind them its ids.
/// </summary>
internal sealed class WordCache
{
    private const int Bits = 16;
    private const int MaxWord = 32;
    private const int CharactersPerNumber = sizeof(int) / sizeof(char);

    private readonly int[]?[] _entries = new int[1 << Bits][];

    /// <summary>Where a word's entry is.</summary>
    public static uint HashOf(ReadOnlySpan<char> word)
    {
        ulong hash = (uint)word.Length;
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(word);
        for (; bytes.Length >= 8; bytes = bytes[8..])
            hash = (BitOperations.RotateLeft(hash, 29) ^ MemoryMarshal.Read<ulong>(bytes)) * 0x9E3779B97F4A7C15;
        for (; bytes.Length > 0; bytes = bytes[2..])
            hash = (BitOperations.RotateLeft(hash, 29) ^ MemoryMarshal.Read<ushort>(bytes)) * 0x9E3779B97F4A7C15;
        return (uint)(hash >> 32);
    }

    /// <summary>The ids of a word; empty: it is not there.</summary>
    public ReadOnlySpan<int> Find(ReadOnlySpan<char> word, uint hash)
    {
        int[]? entry = Volatile.Read(ref _entries[hash >> (32 - Bits)]);
        return entry is not null && entry[0] == word.Length && word.SequenceEqual(CharactersOf(entry, word.Length))
            ? entry.AsSpan(1 + NumbersFor(word.Length))
            : default;
    }

    /// <summary>Keeps a word's ids, unless the word is long.</summary>
    public void Keep(ReadOnlySpan<char> word, uint hash, ReadOnlySpan<int> ids)
    {
        if (word.Length > MaxWord)
            return;
        int[] entry = new int[1 + NumbersFor(word.Length) + ids.Length];
        entry[0] = word.Length;
        word.CopyTo(CharactersOf(entry, word.Length));
        ids.CopyTo(entry.AsSpan(1 + NumbersFor(word.Length)));
        Volatile.Write(ref _entries[hash >> (32 - Bits)], entry);
    }

    private static Span<char> CharactersOf(int[] entry, int length) => MemoryMarshal.Cast<int, char>(entry.AsSpan(1))[..length];

    private static int NumbersFor(int length) => (length + CharactersPerNumber - 1) / CharactersPerNumber;
}
