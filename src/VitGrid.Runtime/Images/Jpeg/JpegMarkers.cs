using System.Buffers.Binary;

namespace VitGrid.Runtime.Images.Jpeg;

/// <summary>Walks the markers of a JPEG as libjpeg finds them: fill bytes, stuffed zeros and stray bytes are passed over.</summary>
internal ref struct JpegMarkers(ReadOnlySpan<byte> file, int position)
{
    public const byte FirstRestart = 0xd0;
    public const byte StartOfImage = 0xd8;
    public const byte EndOfImage = 0xd9;
    public const byte StartOfScan = 0xda;
    public const byte DefineRestarts = 0xdd;

    private readonly ReadOnlySpan<byte> _file = file;
    private int _position = position;

    /// <summary>Bytes of the file that were passed.</summary>
    public readonly int Position => _position;

    /// <summary>Whether a marker has no parameters: TEM, RST0–RST7 and SOI.</summary>
    public static bool StandsAlone(byte marker) => marker is 1 or (>= FirstRestart and <= StartOfImage);

    /// <summary>The next marker's code; null at the end of the file.</summary>
    public byte? Next()
    {
        while (true)
        {
            int found = _position < _file.Length ? _file[_position..].IndexOf((byte)0xff) : -1;
            int at = found < 0 ? -1 : _file[(_position + found)..].IndexOfAnyExcept((byte)0xff);
            if (at < 0)
                return null;
            _position += found + at + 1;
            if (_file[_position - 1] != 0)
                return _file[_position - 1];
        }
    }

    /// <summary>
    /// The bytes of the segment that begins here, behind its length, and steps over them; null where the file ends within.
    /// </summary>
    public Range? Segment()
    {
        if (_file.Length - _position < 2)
            return null;
        int length = Math.Max((int)BinaryPrimitives.ReadUInt16BigEndian(_file[_position..]), 2);
        if (length > _file.Length - _position)
            return null;
        Range segment = (_position + 2)..(_position + length);
        _position += length;
        return segment;
    }
}
