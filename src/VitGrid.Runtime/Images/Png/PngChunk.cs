using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace VitGrid.Runtime.Images.Png;

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
