using System.Buffers.Binary;
using System.Numerics;

namespace VitGrid.Runtime.Images.Bmp;

/// <summary>Where red, green and blue lie within a 16- or 32-bit BMP pixel.</summary>
internal readonly record struct BmpMasks(uint Red, uint Green, uint Blue)
{
    /// <summary>Bytes of three masks behind an information header of 40 bytes.</summary>
    public const int Bytes = 12;

    // Masks follow the shortest header or lie within a longer one: the same place.
    private const int Offset = 54;

    /// <summary>The masks that hold when a file gives none: five bits each, or eight.</summary>
    public static BmpMasks Default(int bits) => bits == 16 ? new(0x7c00, 0x3e0, 0x1f) : new(0xff0000, 0xff00, 0xff);

    /// <summary>Reads a file's own masks. At 32 bits none at all means blue, green, red; at 24 bits nothing else is known.</summary>
    /// <exception cref="ImageException">The file ends before them, or a mask is empty, has gaps or has more than eight bits.</exception>
    public static BmpMasks Read(ReadOnlySpan<byte> file, int bits)
    {
        if (file.Length < Offset + Bytes)
            throw BmpHeader.Damaged($"ends after {file.Length} bytes, within its colour masks");
        BmpMasks masks = new(Mask(file, 0), Mask(file, 4), Mask(file, 8));
        if (masks == default && bits == 32)
            return Default(bits);
        if (bits == 24 ? masks != Default(bits) : !(IsRun(masks.Red) && IsRun(masks.Green) && IsRun(masks.Blue)))
            throw BmpHeader.Unsupported($"has colour masks {masks.Red:x8}, {masks.Green:x8} and {masks.Blue:x8} at {bits} bits a pixel");
        return masks;
    }

    /// <summary>
    /// The mask of a 32-bit pixel's alpha, which only headers of 56 bytes and more can name; masks that are all empty mean the highest
    /// byte. 0 without alpha.
    /// </summary>
    public static uint AlphaOf(ReadOnlySpan<byte> file, int headerBytes)
    {
        uint stated = headerBytes >= 56 ? Mask(file, Bytes) : 0;
        return (Mask(file, 0) | Mask(file, 4) | Mask(file, 8) | stated) == 0 ? 0xff000000 : IsRun(stated) ? stated : 0;
    }

    /// <summary>One channel of a pixel, stretched to 0–255.</summary>
    public static byte Channel(uint pixel, uint mask)
    {
        int shift = BitOperations.TrailingZeroCount(mask);
        return (byte)(((pixel & mask) >> shift) * 255 / (mask >> shift));
    }

    private static bool IsRun(uint mask)
    {
        uint value = mask == 0 ? 0 : mask >> BitOperations.TrailingZeroCount(mask);
        return value is > 0 and <= 255 && (value & (value + 1)) == 0;
    }

    private static uint Mask(ReadOnlySpan<byte> file, int at) => BinaryPrimitives.ReadUInt32LittleEndian(file[(Offset + at)..]);
}
