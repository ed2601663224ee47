using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace VitGrid.Runtime.Images.Png;

/// <summary>
/// Writes a copy of a PNG of nothing but what decides its pixels, in the order that libpng demands: the header, the palette, the
/// orientation, the pixels, the end. Left out and fixed is what stops libpng and not the reference: chunks of unknown types, a header
/// or a palette that comes twice or not at its place, or with bytes too many, a window of the compressor that is said to be smaller than
/// it is, wrong checksums of pixels and of what follows them. Compressed texts and colour profiles go too: none of them reaches a pixel,
/// and a hundred kilobytes of them can inflate to gigabytes.
/// </summary>
internal static class PngCopy
{
    // A header, a palette that the file lacks, and the end.
    private const int AddedBytes = (3 * PngChunk.FrameBytes) + PngHeader.Bytes + IndexedPixels.PaletteBytes;

    /// <summary>The copy, in an array of the pool; no array when the file can be decoded as it is.</summary>
    /// <param name="file">The file.</param>
    /// <param name="keepTransparency">Whether the transparency of a palette or of a grey level decides pixels too.</param>
    /// <exception cref="ImageException">The reference refuses one of the chunks.</exception>
    public static ArraySegment<byte> Repaired(ReadOnlySpan<byte> file, bool keepTransparency = false)
    {
        PngParts parts = PngParts.Find(file);
        if (parts.IsPlain || parts.Header.IsEmpty)
            return default;
        byte[] copy = ArrayPool<byte>.Shared.Rent(file.Length + AddedBytes);
        int count = PngChunk.SignatureBytes;
        file[..count].CopyTo(copy);
        parts.Header.CopyTo(copy.AsSpan(count));
        count += PngHeader.Repair(copy.AsSpan(count, parts.Header.Length));
        if (parts.ColourType == PngHeader.Palette)
            count += PngChunk.Write(copy.AsSpan(count), "PLTE"u8, PaletteOf(parts.Palette));
        if (keepTransparency && parts.ColourType is PngHeader.Grey or PngHeader.Palette && !parts.Transparency.IsEmpty)
            count += PngChunk.Write(copy.AsSpan(count), "tRNS"u8, parts.Transparency);
        if (!parts.Exif.IsEmpty)
            count += PngChunk.Write(copy.AsSpan(count), "eXIf"u8, parts.Exif);
        count += CopyPixels(file[parts.Pixels..parts.PixelsEnd], copy, count);
        if (parts.AreComplete)
            count += PngChunk.Write(copy.AsSpan(count), "IEND"u8, []);
        return new(copy, 0, count);
    }

    // Without a palette all is black; what is left over of a third of a colour is not read.
    private static ReadOnlySpan<byte> PaletteOf(ReadOnlySpan<byte> palette)
    {
        int whole = palette.Length / Raster.PixelBytes * Raster.PixelBytes;
        return whole == 0 ? new byte[Raster.PixelBytes] : palette[..whole];
    }

    private static int CopyPixels(ReadOnlySpan<byte> pixels, byte[] copy, int to)
    {
        pixels.CopyTo(copy.AsSpan(to));
        PngWindow window = new();
        for (int at = 0; at < pixels.Length;)
        {
            PngChunk chunk = PngChunk.At(pixels, at);
            window.Add(to + at, chunk.Data);
            if (!chunk.IsSound)
                PngChunk.Sign(copy.AsSpan(to + at, chunk.Whole.Length));
            at += chunk.Whole.Length;
        }
        window.Repair(copy.AsSpan(0, to + pixels.Length));
        return pixels.Length;
    }
}

/// <summary>What the reference demands of chunks that it reads, also where libpng only warns.</summary>
internal static class PngDemands
{
    private const int FilterAt = 11;

    /// <summary>Refuses a chunk that the reference refuses.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="colourType">The kind of colours that the header before it names.</param>
    /// <param name="behindPixels">Whether it lies behind the first pixels; checksums no longer count there.</param>
    /// <exception cref="ImageException">Such a chunk.</exception>
    public static void Check(PngChunk chunk, byte colourType, bool behindPixels)
    {
        bool pixels = chunk.Is("IDAT"u8);
        if (chunk.IsBroken)
            throw Damaged("has a chunk before its pixels whose type is no word");
        if (!behindPixels && !pixels && !(chunk.IsComplete && chunk.IsSound))
            throw Damaged("has a chunk with a wrong checksum before its pixels");
        if (!pixels && chunk.EndsWithinData)
            throw Damaged("is cut off within a chunk behind its pixels");
        if (chunk.IsComplete && !HasLength(chunk, colourType))
            throw Damaged($"has a chunk of {chunk.Data.Length} bytes that needs more");
        if (chunk.IsComplete && !HasKnownMethods(chunk))
            throw Damaged("has a chunk whose compression or filter is unknown");
    }

    private static bool HasLength(PngChunk chunk, byte colourType) => chunk switch
    {
        _ when chunk.Is("IHDR"u8) => chunk.Data.Length >= PngHeader.Bytes,
        _ when chunk.Is("sRGB"u8) => chunk.Data.Length >= 1,
        _ when chunk.Is("gAMA"u8) || chunk.Is("fdAT"u8) => chunk.Data.Length >= 4,
        _ when chunk.Is("pHYs"u8) => chunk.Data.Length >= 9,
        _ when chunk.Is("acTL"u8) => chunk.Data.Length >= 8,
        _ when chunk.Is("fcTL"u8) => chunk.Data.Length >= 26,
        _ when chunk.Is("cHRM"u8) => chunk.Data.Length % 4 == 0,
        // Two bytes a sample of the colour; a palette may have fewer than its colours.
        _ when chunk.Is("tRNS"u8) => chunk.Data.Length >= colourType switch { 0 => 2, 2 => 6, _ => 0 },
        _ => true,
    };

    private static bool HasKnownMethods(PngChunk chunk)
    {
        int name = chunk.Data.IndexOf((byte)0);
        if (chunk.Is("IHDR"u8))
            return chunk.Data[FilterAt] == 0;
        if (chunk.Is("iCCP"u8))
            return chunk.Data.Length > name + 1 && chunk.Data[name + 1] == 0;
        return !chunk.Is("zTXt"u8) || name < 0 || name + 1 >= chunk.Data.Length || chunk.Data[name + 1] == 0;
    }

    private static ImageException Damaged(string what) => ImageRefusal.Damaged(ImageFormat.Png, what);
}

/// <summary>The chunks of a PNG that decide its pixels, as the reference picks them.</summary>
internal ref struct PngParts
{
    private bool _odd;
    private bool _pixelsEnded;
    private int _headers;
    private int _palettes;
    private PngWindow _window;

    /// <summary>The last header before the pixels, a whole chunk; empty without one.</summary>
    public ReadOnlySpan<byte> Header { get; private set; }

    /// <summary>PNG's number of the kind of colours.</summary>
    public byte ColourType { get; private set; }

    /// <summary>The last palette before the pixels and behind a header; empty without one.</summary>
    public ReadOnlySpan<byte> Palette { get; private set; }

    /// <summary>The last transparency before the pixels; empty without one.</summary>
    public ReadOnlySpan<byte> Transparency { get; private set; }

    /// <summary>The last EXIF data; empty without them.</summary>
    public ReadOnlySpan<byte> Exif { get; private set; }

    /// <summary>Where the first chunk of pixels begins.</summary>
    public int Pixels { get; private set; }

    /// <summary>Where the first run of such chunks ends.</summary>
    public int PixelsEnd { get; private set; }

    /// <summary>Whether the file holds all of that run.</summary>
    public bool AreComplete { get; private set; }

    /// <summary>Whether libpng reads the file as the reference does.</summary>
    public readonly bool IsPlain => !_odd && _headers == 1 && _palettes == (ColourType == PngHeader.Palette ? 1 : 0) && !_window.IsSmall;

    /// <summary>Walks the chunks.</summary>
    /// <exception cref="ImageException">The reference refuses one of them.</exception>
    public static PngParts Find(ReadOnlySpan<byte> file)
    {
        PngParts parts = new() { AreComplete = true };
        int at = PngChunk.SignatureBytes;
        while (at < file.Length)
        {
            PngChunk chunk = PngChunk.At(file, at);
            if (chunk.Is("IEND"u8))
                break;
            if (parts.PixelsEnd > 0 && chunk.IsBroken)
            {
                parts._odd = true;
                break;
            }
            PngDemands.Check(chunk, parts.ColourType, parts.PixelsEnd > 0);
            parts.Add(chunk, at);
            at += chunk.Whole.Length;
        }
        return parts;
    }

    private void Add(PngChunk chunk, int at)
    {
        bool pixels = chunk.Is("IDAT"u8);
        if (pixels && !_pixelsEnded)
            AddPixels(chunk, at);
        else if (PixelsEnd == 0)
            AddHead(chunk, at);
        else
            _pixelsEnded = true;
        _odd |= !chunk.IsKept || !chunk.IsSound || (pixels && _pixelsEnded);
        if (chunk.Is("eXIf"u8))
            Exif = chunk.Data;
    }

    private void AddPixels(PngChunk chunk, int at)
    {
        if (PixelsEnd == 0)
            Pixels = at;
        PixelsEnd = at + chunk.Whole.Length;
        AreComplete &= chunk.IsComplete;
        _window.Add(0, chunk.Data);
    }

    private void AddHead(PngChunk chunk, int at)
    {
        if (chunk.Is("IHDR"u8))
        {
            _odd |= at != PngChunk.SignatureBytes || PngHeader.IsOdd(chunk.Data);
            _headers++;
            Header = chunk.Whole;
            ColourType = PngHeader.ColourTypeOf(chunk.Data);
        }
        else if (chunk.Is("PLTE"u8))
        {
            _palettes++;
            _odd |= chunk.Data.Length % Raster.PixelBytes != 0;
            if (ColourType == PngHeader.Palette)
                Palette = chunk.Data;
        }
        else if (chunk.Is("tRNS"u8))
        {
            Transparency = chunk.Data;
        }
    }
}

/// <summary>One chunk of a PNG.</summary>
/// <param name="whole">Length, type, data and checksum; less where the file is cut off.</param>
internal readonly ref struct PngChunk(ReadOnlySpan<byte> whole)
{
    /// <summary>Bytes before the first chunk.</summary>
    public const int SignatureBytes = 8;

    /// <summary>Bytes of a chunk around its data.</summary>
    public const int FrameBytes = 12;

    /// <summary>Bytes of a chunk before its data.</summary>
    public const int HeadBytes = 8;

    private const byte LowerCase = 0x20;
    private const string LetterBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    private static readonly SearchValues<byte> Letters = SearchValues.Create(Encoding.ASCII.GetBytes(LetterBytes));
    private static readonly SearchValues<byte> WordBytes = SearchValues.Create(Encoding.ASCII.GetBytes(LetterBytes + "0123456789_"));

    /// <summary>The chunk as it lies in the file.</summary>
    public ReadOnlySpan<byte> Whole { get; } = whole;

    /// <summary>Whether the file holds all of it.</summary>
    public bool IsComplete { get; } =
        whole.Length >= FrameBytes && BinaryPrimitives.ReadUInt32BigEndian(whole) == whole.Length - FrameBytes;

    /// <summary>Whether the file ends within its data.</summary>
    public bool EndsWithinData => Whole.Length >= HeadBytes && BinaryPrimitives.ReadUInt32BigEndian(Whole) > Whole.Length - HeadBytes;

    /// <summary>Whether its type is none, for the reference: letters, digits and underscores are.</summary>
    public bool IsBroken => Whole.Length < HeadBytes || Type.IndexOfAnyExcept(WordBytes) >= 0;

    /// <summary>What it holds; empty where the file is cut off.</summary>
    public ReadOnlySpan<byte> Data => IsComplete ? Whole[HeadBytes..^4] : [];

    /// <summary>Whether its checksum is right; true where the file is cut off, which the decoder refuses.</summary>
    public bool IsSound => !IsComplete || Crc32.HashToUInt32(Whole[4..^4]) == BinaryPrimitives.ReadUInt32BigEndian(Whole[^4..]);

    /// <summary>Whether the decoder may see it: neither a compressed text nor a type that libpng refuses.</summary>
    public bool IsKept => !IsComplete || (!IsCompressed && IsKnownOrAncillary);

    private ReadOnlySpan<byte> Type => Whole.Length >= HeadBytes ? Whole[4..HeadBytes] : [];

    private bool IsCompressed => Is("zTXt"u8) || Is("iTXt"u8) || Is("iCCP"u8);

    private bool IsKnownOrAncillary => Is("IHDR"u8) || Is("PLTE"u8) || Is("IDAT"u8) || Is("IEND"u8)
        || (Type.IndexOfAnyExcept(Letters) < 0 && (Type[0] & LowerCase) != 0 && (Type[2] & LowerCase) == 0);

    /// <summary>The chunk that begins at <paramref name="at"/>; one that claims more than the file holds is the last.</summary>
    public static PngChunk At(ReadOnlySpan<byte> file, int at)
    {
        ReadOnlySpan<byte> rest = file[at..];
        long length = rest.Length < FrameBytes ? rest.Length : BinaryPrimitives.ReadUInt32BigEndian(rest) + (long)FrameBytes;
        return new(rest[..(int)Math.Min(length, rest.Length)]);
    }

    /// <summary>Writes a chunk and says how many bytes it has.</summary>
    public static int Write(Span<byte> to, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        BinaryPrimitives.WriteInt32BigEndian(to, data.Length);
        type.CopyTo(to[4..]);
        data.CopyTo(to[HeadBytes..]);
        Sign(to[..(FrameBytes + data.Length)]);
        return FrameBytes + data.Length;
    }

    /// <summary>Writes the checksum of a chunk into its last four bytes.</summary>
    public static void Sign(Span<byte> whole) =>
        BinaryPrimitives.WriteUInt32BigEndian(whole[^4..], Crc32.HashToUInt32(whole[4..^4]));

    /// <summary>Whether it is of this type, whole or not.</summary>
    public bool Is(ReadOnlySpan<byte> type) => Type.SequenceEqual(type);
}

/// <summary>Brings a PNG's header to the form that libpng demands, where the reference is content with another.</summary>
internal static class PngHeader
{
    /// <summary>Bytes of a header's data.</summary>
    public const int Bytes = 13;

    /// <summary>The kind of colours that are levels of grey.</summary>
    public const byte Grey = 0;

    /// <summary>The kind of colours that are indices of a palette.</summary>
    public const byte Palette = 3;

    private const int ColourTypeAt = 9;
    private const int Compression = 10;
    private const int Interlacing = 12;
    private const int DataOffset = 8;

    /// <summary>Whether the header has bytes too many, an unknown compression, or interlacing that is neither 0 nor 1.</summary>
    public static bool IsOdd(ReadOnlySpan<byte> data) =>
        data.Length > Bytes || (data.Length == Bytes && (data[Compression] != 0 || data[Interlacing] > 1));

    /// <summary>PNG's number of the kind of colours.</summary>
    public static byte ColourTypeOf(ReadOnlySpan<byte> data) => data.Length > ColourTypeAt ? data[ColourTypeAt] : (byte)0;

    /// <summary>Fixes a whole chunk in place and says how many bytes it has then.</summary>
    public static int Repair(Span<byte> chunk)
    {
        Span<byte> data = chunk[DataOffset..];
        if (chunk.Length < PngChunk.FrameBytes + Bytes || !IsOdd(data[..^4]))
            return chunk.Length;
        (data[Compression], data[Interlacing]) = (0, Math.Min(data[Interlacing], (byte)1));
        BinaryPrimitives.WriteInt32BigEndian(chunk, Bytes);
        BinaryPrimitives.WriteUInt32BigEndian(data[Bytes..], Crc32.HashToUInt32(chunk[4..(DataOffset + Bytes)]));
        return PngChunk.FrameBytes + Bytes;
    }
}

/// <summary>
/// The two bytes that begin a PNG's compressed pixels (RFC 1950), wherever its chunks split them. They name the window that the
/// compressor used; the reference gives the decompressor the largest one, libpng believes them.
/// </summary>
internal struct PngWindow
{
    private const byte Deflate = 8;
    private const byte Largest = 0x70;
    private const byte Level = 0xe0;
    private const int Divisor = 31;

    private int _count;
    private byte _method;
    private byte _flags;
    private int _methodChunk;
    private int _methodAt;
    private int _flagsChunk;
    private int _flagsAt;

    /// <summary>Whether the bytes are valid and name a window below the largest.</summary>
    public readonly bool IsSmall =>
        _count == 2 && (_method & 15) == Deflate && _method < Largest && ((_method << 8) | _flags) % Divisor == 0;

    /// <summary>Looks at a chunk of pixels that begins at <paramref name="chunk"/>.</summary>
    public void Add(int chunk, ReadOnlySpan<byte> data)
    {
        for (int at = 0; at < data.Length && _count < 2; at++, _count++)
        {
            if (_count == 0)
                (_method, _methodChunk, _methodAt) = (data[at], chunk, chunk + 8 + at);
            else
                (_flags, _flagsChunk, _flagsAt) = (data[at], chunk, chunk + 8 + at);
        }
    }

    /// <summary>Names the largest window instead.</summary>
    public readonly void Repair(Span<byte> file)
    {
        if (!IsSmall)
            return;
        byte method = Largest | Deflate;
        int flags = _flags & Level;
        Replace(file, _methodChunk, _methodAt, method);
        Replace(file, _flagsChunk, _flagsAt, (byte)(flags + Divisor - (((method << 8) | flags) % Divisor)));
    }

    private static void Replace(Span<byte> file, int chunk, int at, byte value)
    {
        file[at] = value;
        PngChunk.Sign(file.Slice(chunk, PngChunk.FrameBytes + BinaryPrimitives.ReadInt32BigEndian(file[chunk..])));
    }
}
