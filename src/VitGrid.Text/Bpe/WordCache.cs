using System.Numerics;
using System.Runtime.InteropServices;

namespace VitGrid.Text.Bpe;

/// <summary>
/// The ids of words seen before. Bounded: a word has one place and pushes out whatever is there. Thread-safe without a lock, for an entry
/// is written as one reference and never changed.
/// </summary>
internal sealed class WordCache
{
    private const int Bits = 14;
    private const int MaxWord = 40;

    private readonly Entry?[] _entries = new Entry?[1 << Bits];

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

    /// <summary>The ids of a word; null: it is not there.</summary>
    public int[]? Find(ReadOnlySpan<char> word, uint hash)
    {
        Entry? entry = Volatile.Read(ref _entries[hash >> (32 - Bits)]);
        return entry is not null && word.SequenceEqual(entry.Word) ? entry.Ids : null;
    }

    /// <summary>Keeps a word's ids, unless the word is long.</summary>
    public void Keep(ReadOnlySpan<char> word, uint hash, ReadOnlySpan<int> ids)
    {
        if (word.Length <= MaxWord)
            Volatile.Write(ref _entries[hash >> (32 - Bits)], new(word.ToString(), ids.ToArray()));
    }

    private sealed record Entry(string Word, int[] Ids);
}
