using System.Buffers.Binary;

namespace VitGrid.Runtime.Images.Tiff;

/// <summary>
/// The first directory of a TIFF or BigTIFF in either byte order. As in the reference, the last of two equal tags counts, unknown types
/// are passed over, and reading ends quietly at an entry whose values lie beyond the file.
/// </summary>
internal ref struct TiffDirectory
{
    // Above what the parts of any image need; a file of 20 MB could name ten times as many, for each of its tags.
    private const int MaxNumbers = 1_000_000;

    private readonly ReadOnlySpan<byte> _file;
    private readonly Dictionary<TiffTag, TiffEntry> _entries = [];
    private string? _fault;

    private TiffDirectory(ReadOnlySpan<byte> file)
    {
        _file = file;
        BigEndian = file[0] == 'M';
    }

    /// <summary>Whether numbers are stored with their highest byte first.</summary>
    public bool BigEndian { get; }

    /// <summary>Bytes of the whole file.</summary>
    public readonly int FileBytes => _file.Length;

    /// <summary>Refuses a directory whose entries the reference cannot read.</summary>
    /// <param name="compressed">Whether libtiff unpacks the samples, which demands more.</param>
    /// <exception cref="ImageException">Such an entry.</exception>
    public readonly void Check(bool compressed)
    {
        foreach ((TiffTag tag, TiffEntry entry) in _entries)
            TiffDemands.CheckNumber(tag, entry.Type);
        if (compressed && _fault is not null)
            throw Damaged(_fault);
    }

    /// <summary>Reads the directory.</summary>
    /// <exception cref="ImageException">The header or the place of the directory passes the end of the file.</exception>
    public static TiffDirectory Read(ReadOnlySpan<byte> file)
    {
        TiffDirectory directory = new(file);
        if (file.Length < 8)
            throw Damaged($"ends after {file.Length} bytes, within its header");
        bool big = directory.U16(2) == 43;
        if (big && file.Length < 16)
            throw Damaged($"ends after {file.Length} bytes, within its header");
        ulong at = big ? directory.U64(8) : directory.U32(4);
        int head = big ? 8 : 2;
        if (at > (ulong)file.Length || file.Length - (int)at < head)
            throw Damaged($"places its directory at byte {at} of {file.Length}");
        ulong count = big ? directory.U64((int)at) : directory.U16((int)at);
        directory.ReadEntries((int)at + head, count, big);
        return directory;
    }

    /// <summary>Creates a refusal that says what is wrong with the file.</summary>
    public static ImageException Damaged(string what) => ImageRefusal.Damaged(ImageFormat.Tiff, what);

    /// <summary>Whether the tag is there.</summary>
    public readonly bool Has(TiffTag tag) => _entries.ContainsKey(tag);

    /// <summary>The tag's first number; <paramref name="otherwise"/> without the tag.</summary>
    public readonly long Number(TiffTag tag, long otherwise) =>
        _entries.TryGetValue(tag, out TiffEntry entry) ? NumberAt(entry, 0) : otherwise;

    /// <summary>The tag's numbers; <paramref name="otherwise"/> without the tag.</summary>
    /// <exception cref="ImageException">There are more of them than the parts of any image need.</exception>
    public readonly long[] Numbers(TiffTag tag, params long[] otherwise)
    {
        if (!_entries.TryGetValue(tag, out TiffEntry entry))
            return otherwise;
        if (entry.Count > MaxNumbers)
            throw new ImageException(
                ImageFault.TooLarge,
                $"TIFF image has {entry.Count} values for tag {(int)tag}; at most {MaxNumbers} are read: "
                + "save it with larger strips or tiles");
        long[] numbers = new long[entry.Count];
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] = NumberAt(entry, i);
        return numbers;
    }

    /// <summary>The tag's fractions; <paramref name="otherwise"/> without the tag or where it holds something else.</summary>
    public readonly float[] Fractions(TiffTag tag, params float[] otherwise)
    {
        if (!_entries.TryGetValue(tag, out TiffEntry entry) || entry.Count != otherwise.Length || entry.Type is not (5 or 11))
            return otherwise;
        float[] fractions = new float[entry.Count];
        for (int i = 0; i < fractions.Length; i++)
        {
            fractions[i] = entry.Type == 11
                ? BitConverter.UInt32BitsToSingle(U32(entry.Position + (4 * i)))
                : (float)((double)U32(entry.Position + (8 * i)) / U32(entry.Position + (8 * i) + 4));
        }
        return fractions;
    }

    /// <summary>The tag's bytes as they are stored; empty without the tag.</summary>
    public readonly ReadOnlySpan<byte> Bytes(TiffTag tag) =>
        _entries.TryGetValue(tag, out TiffEntry entry) ? _file.Slice(entry.Position, entry.Count * TiffEntry.BytesOf(entry.Type)) : [];

    private void ReadEntries(int at, ulong count, bool big)
    {
        int entryBytes = big ? 20 : 12;
        int inline = big ? 8 : 4;
        bool reads = true;
        for (ulong i = 0; i < count && _file.Length - at >= entryBytes; i++, at += entryBytes)
        {
            (TiffTag tag, int type) = ((TiffTag)U16(at), U16(at + 2));
            int unit = TiffEntry.BytesOf(type);
            ulong values = big ? U64(at + 4) : U32(at + 4);
            int place = at + entryBytes - inline;
            ulong position = unit > 0 && values > (ulong)(inline / unit) ? (big ? U64(place) : U32(place)) : (ulong)place;
            ulong left = position <= (ulong)_file.Length ? (ulong)_file.Length - position : 0;
            TiffEntry? entry = unit > 0 && values > 0 && values <= left / (ulong)unit ? new(type, (int)values, (int)position) : null;
            _fault ??= TiffDemands.Fault(tag, type, values, entry is { } found ? NumberAt(found, 0) : null);
            reads &= entry is not null || unit == 0 || values == 0;
            if (reads && entry is { } read)
                _entries[tag] = read;
        }
    }

    private readonly long NumberAt(TiffEntry entry, int index)
    {
        int at = entry.Position + (index * TiffEntry.BytesOf(entry.Type));
        return entry.Type switch
        {
            1 or 2 or 7 => _file[at],
            3 => U16(at),
            4 or 13 => U32(at),
            6 => (sbyte)_file[at],
            8 => (short)U16(at),
            9 => (int)U32(at),
            16 => (long)Math.Min(U64(at), long.MaxValue),
            _ => -1,
        };
    }

    private readonly ushort U16(int at) =>
        BigEndian ? BinaryPrimitives.ReadUInt16BigEndian(_file[at..]) : BinaryPrimitives.ReadUInt16LittleEndian(_file[at..]);

    private readonly uint U32(int at) =>
        BigEndian ? BinaryPrimitives.ReadUInt32BigEndian(_file[at..]) : BinaryPrimitives.ReadUInt32LittleEndian(_file[at..]);

    private readonly ulong U64(int at) =>
        BigEndian ? BinaryPrimitives.ReadUInt64BigEndian(_file[at..]) : BinaryPrimitives.ReadUInt64LittleEndian(_file[at..]);
}
