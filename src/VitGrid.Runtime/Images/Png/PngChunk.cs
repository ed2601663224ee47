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

    private const byte LowerCase = 0x20;
    private const string LetterBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    private static readonly SearchValues<byte> Letters = SearchValues.Create(Encoding.ASCII.GetBytes(LetterBytes));
    private static readonly SearchValues<byte> WordBytes = SearchValues.Create(Encoding.ASCII.GetBytes(LetterBytes + "0123456789_"));

    /// <summary>The chunk as it lies in the file.</summary>
    public ReadOnlySpan<byte> Whole { get; } = whole;

    /// <summary>Whether the file holds all of it.</summary>
    public bool IsComplete { get; } =
        whole.Length >= FrameBytes && BinaryPrimitives.ReadUInt32BigEndian(whole) == whole.Length - FrameBytes;

    /// <summary>Four letters; empty where the file is cut off.</summary>
    public ReadOnlySpan<byte> Type => IsComplete ? Whole.Slice(4, 4) : [];

    /// <summary>Whether it is of this type and whole.</summary>
    public bool Is(ReadOnlySpan<byte> type) => Type.SequenceEqual(type);

    /// <summary>What it holds; empty where the file is cut off.</summary>
    public ReadOnlySpan<byte> Data => IsComplete ? Whole[8..^4] : [];

    /// <summary>Whether its checksum is right; true where the file is cut off, which the decoder refuses.</summary>
    public bool IsSound => !IsComplete || Crc32.HashToUInt32(Whole[4..^4]) == BinaryPrimitives.ReadUInt32BigEndian(Whole[^4..]);

    /// <summary>Whether the decoder may see it: neither a compressed text nor a type that libpng refuses.</summary>
    public bool IsKept => !IsComplete || !(IsCompressed || !IsKnownOrAncillary);

    private bool IsCompressed => Is("zTXt"u8) || Is("iTXt"u8) || Is("iCCP"u8);

    private bool IsKnownOrAncillary => Is("IHDR"u8) || Is("PLTE"u8) || Is("IDAT"u8) || Is("IEND"u8)
        || (IsLetters && (Type[0] & LowerCase) != 0 && (Type[2] & LowerCase) == 0) || !IsWord;

    private bool IsLetters => Type.IndexOfAnyExcept(Letters) < 0;

    // The reference passes over unknown types of letters, digits and underscores, and refuses others, as libpng does.
    private bool IsWord => Type.IndexOfAnyExcept(WordBytes) < 0;
}
