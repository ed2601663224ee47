namespace VitGrid.Text.OpenClip.Mojibake;

/// <summary>
/// An encoding of one byte a character. Windows' own are sloppy: bytes that mean nothing stand for the control characters of the same
/// numbers, and byte 1A for U+FFFD, which is what is left of a byte that was lost.
/// </summary>
internal sealed class SingleByteEncoding
{
    private const byte Lost = 0x1A;
    private const char Replacement = '\uFFFD';
    private const int Upper = 0x80, Size = 0x2600;

    // 0: no byte stands for the character; NUL is not asked for here.
    private readonly byte[] _bytes = new byte[Size];
    private readonly Dictionary<char, byte> _rare = [];

    /// <param name="name">The usual name.</param>
    /// <param name="upper">What bytes 80 to FF stand for.</param>
    public SingleByteEncoding(string name, char[] upper)
    {
        IsSloppy = name.StartsWith("windows-", StringComparison.Ordinal);
        KeepsBlanks = name == "macroman";
        for (int i = 0; i < upper.Length; i++)
            Add(upper[i], (byte)(Upper + i));
        if (IsSloppy)
            Add(Replacement, Lost);
    }

    /// <summary>Whether bytes that mean nothing are let through, and lost ones have a byte.</summary>
    public bool IsSloppy { get; }

    /// <summary>Whether a blank always is one: in MacRoman a dash and a blank would else become a letter.</summary>
    public bool KeepsBlanks { get; }

    /// <summary>Encodes a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="bytes">As many bytes as the text has code units.</param>
    /// <returns>False: a character is not in the encoding.</returns>
    public bool TryEncode(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        for (int i = 0; i < text.Length; i++)
        {
            char character = text[i];
            if (character < Upper)
            {
                if (character == Lost && IsSloppy)
                    return false;
                bytes[i] = (byte)character;
            }
            else if ((bytes[i] = ByteOf(character)) == 0)
            {
                return false;
            }
        }
        return true;
    }

    private byte ByteOf(char character) => character < Size ? _bytes[character] : _rare.GetValueOrDefault(character);

    private void Add(char character, byte value)
    {
        if (character < Size)
            _bytes[character] = value;
        else
            _rare[character] = value;
    }
}
