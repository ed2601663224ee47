using System.Buffers.Binary;

namespace VitGrid.Text.SentencePiece;

/// <summary>
/// A precompiled map of character changes: the size of a double array (Darts-clone), the array, and the changed texts, each ended by 0.
/// </summary>
internal sealed class Charsmap
{
    // The longest in Unicode's own tables has 33; a text must not grow without bounds.
    private const int MaxText = 128;

    private readonly uint[] _units;
    private readonly byte[] _texts;

    private Charsmap(uint[] units, byte[] texts) => (_units, _texts) = (units, texts);

    /// <summary>A map that changes nothing.</summary>
    public static Charsmap None { get; } = new([], []);

    /// <summary>Reads a map.</summary>
    /// <exception cref="TokenizerException">It is damaged.</exception>
    public static Charsmap Read(ReadOnlySpan<byte> map, string file)
    {
        if (map.Length == 0)
            return None;
        uint size = map.Length < sizeof(uint) ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(map);
        if (size == 0 || size % sizeof(uint) != 0 || size > map.Length - sizeof(uint))
            throw new TokenizerException(
                $"{file} is damaged: its charsmap of {map.Length} bytes says that {size} of them are an array; fetch it anew");
        uint[] units = new uint[size / sizeof(uint)];
        for (int i = 0; i < units.Length; i++)
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(map[(sizeof(uint) * (i + 1))..]);
        byte[] texts = map[(sizeof(uint) + (int)size)..].ToArray();
        if (LongestIn(texts) is > MaxText and var longest)
            throw new TokenizerException($"{file}: its charsmap makes {longest} bytes of one character; at most {MaxText} are read");
        return texts.Length > 0 && texts[^1] == 0
            ? new(units, texts)
            : throw new TokenizerException($"{file} is damaged: the texts of its charsmap do not end; fetch it anew");
    }

    /// <summary>The change of the longest prefix that has one.</summary>
    /// <param name="text">UTF-8.</param>
    /// <param name="length">Bytes of the prefix; 0: none has a change.</param>
    public ReadOnlySpan<byte> Longest(ReadOnlySpan<byte> text, out int length) => Find(text, isShortest: false, out length);

    /// <summary>The change of the shortest prefix that has one, which is what the Rust library takes for a whole grapheme.</summary>
    public ReadOnlySpan<byte> Shortest(ReadOnlySpan<byte> text, out int length) => Find(text, isShortest: true, out length);

    private ReadOnlySpan<byte> Find(ReadOnlySpan<byte> text, bool isShortest, out int length)
    {
        length = 0;
        if (_units.Length == 0)
            return default;
        uint place = Offset(_units[0]);
        uint found = 0;
        for (int i = 0; i < text.Length && !(isShortest && length > 0); i++)
        {
            place ^= text[i];
            if (place >= _units.Length || (_units[place] & 0x8000_00FF) != text[i])
                break;
            uint unit = _units[place];
            place ^= Offset(unit);
            if ((unit & 0x100) == 0)
                continue;
            if (place >= _units.Length)
                break;
            (found, length) = (_units[place] & 0x7FFF_FFFF, i + 1);
        }
        return length == 0 ? default : TextAt(found);
    }

    private ReadOnlySpan<byte> TextAt(uint at)
    {
        ReadOnlySpan<byte> text = at < _texts.Length ? _texts.AsSpan((int)at) : default;
        return text.IsEmpty ? text : text[..text.IndexOf((byte)0)];
    }

    private static int LongestIn(ReadOnlySpan<byte> texts)
    {
        int longest = 0;
        foreach (Range text in texts.Split((byte)0))
            longest = Math.Max(longest, text.End.GetOffset(texts.Length) - text.Start.GetOffset(texts.Length));
        return longest;
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & 0x200) >> 6);
}
