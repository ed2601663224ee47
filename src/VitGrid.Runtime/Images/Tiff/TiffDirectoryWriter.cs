namespace VitGrid.Runtime.Images.Tiff;

/// <summary>Collects the entries of a directory and writes them, in order, with the values that do not fit behind them.</summary>
internal sealed class TiffDirectoryWriter(bool bigEndian)
{
    public const int Short = 3;
    public const int Long = 4;
    public const int Undefined = 7;
    public const int Float = 11;

    private const int EntryBytes = 12;
    private const int InlineBytes = 4;

    private readonly SortedDictionary<int, (int Type, int Count, byte[] Values)> _entries = [];

    /// <summary>Bytes of the directory, its values and the end mark.</summary>
    public long Size => 6 + _entries.Values.Sum(entry => EntryBytes + (long)Padded(entry.Values));

    /// <summary>Adds numbers of a type.</summary>
    public void Add(TiffTag tag, int type, params long[] numbers)
    {
        int unit = TiffEntry.BytesOf(type);
        byte[] values = new byte[numbers.Length * unit];
        for (int i = 0; i < numbers.Length; i++)
            Put(values.AsSpan(i * unit), numbers[i], unit);
        _entries[(int)tag] = (type, numbers.Length, values);
    }

    /// <summary>Adds bytes that mean something to a codec.</summary>
    public void AddBytes(TiffTag tag, byte[] values) => _entries[(int)tag] = (Undefined, values.Length, values);

    /// <summary>Writes a classic header to the front of <paramref name="file"/> and the directory at <paramref name="at"/>.</summary>
    public void WriteTo(Span<byte> file, int at)
    {
        Put(file[2..], 42, 2);
        Put(file[4..], at, 4);
        Put(file[at..], _entries.Count, 2);
        int entryAt = at + 2;
        int free = entryAt + (_entries.Count * EntryBytes) + 4;
        file[entryAt..free].Clear();
        foreach ((int tag, (int type, int count, byte[] values)) in _entries)
        {
            Span<byte> entry = file.Slice(entryAt, EntryBytes);
            Put(entry, tag, 2);
            Put(entry[2..], type, 2);
            Put(entry[4..], count, 4);
            if (values.Length > InlineBytes)
                Put(entry[8..], free, 4);
            values.CopyTo(values.Length > InlineBytes ? file[free..] : entry[8..]);
            free += Padded(values);
            entryAt += EntryBytes;
        }
    }

    private static int Padded(byte[] values) => values.Length > InlineBytes ? (values.Length + 1) & ~1 : 0;

    private void Put(Span<byte> to, long number, int bytes)
    {
        for (int i = 0; i < bytes; i++)
            to[bigEndian ? bytes - 1 - i : i] = (byte)(number >> (8 * i));
    }
}
