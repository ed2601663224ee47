using System.Buffers.Binary;
using System.Numerics;

namespace VitGrid.Runtime.Images;

/// <summary>Where red, green and blue lie within a 16- or 32-bit BMP pixel.</summary>
internal readonly record struct BmpMasks(uint Red, uint Green, uint Blue)
{
    /// <summary>Bytes of three masks behind an information header of 40 bytes.</summary>
    public const int Bytes = 12;

    private const int Offset = 54;

    /// <summary>The masks that hold when a file gives none: five bits each, or eight.</summary>
    public static BmpMasks Default(int bits) => bits == 16 ? new(0x7c00, 0x3e0, 0x1f) : new(0xff0000, 0xff00, 0xff);

    /// <summary>Reads a file's own masks.</summary>
    /// <exception cref="ImageException">A mask is empty, has gaps or has more than eight bits.</exception>
    public static BmpMasks Read(ReadOnlySpan<byte> file) => new(Mask(file, 0), Mask(file, 4), Mask(file, 8));

    /// <summary>One channel of a pixel, stretched to 0–255.</summary>
    public static byte Channel(uint pixel, uint mask)
    {
        int shift = BitOperations.TrailingZeroCount(mask);
        return (byte)(((pixel & mask) >> shift) * 255 / (mask >> shift));
    }

    private static uint Mask(ReadOnlySpan<byte> file, int at)
    {
        uint mask = BinaryPrimitives.ReadUInt32LittleEndian(file[(Offset + at)..]);
        uint value = mask == 0 ? 0 : mask >> BitOperations.TrailingZeroCount(mask);
        return value is > 0 and <= 255 && (value & (value + 1)) == 0 ? mask : throw BmpHeader.Damaged(
            $"has colour mask {mask:x8}, which is not one run of 1 to 8 bits");
    }
}
