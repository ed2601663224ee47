using System.Buffers.Binary;
using VitGrid.Engine.Replica;

namespace VitGrid.Testing;

/// <summary>Images whose pixels are a number.</summary>
internal static class NumberedPixels
{
    public static Pixels From(long number)
    {
        Pixels pixels = Pixels.Rent(sizeof(long), Nothing.Instance);
        BinaryPrimitives.WriteInt64LittleEndian(pixels.Memory.Span, number);
        return pixels;
    }

    public static long Number(this Pixels pixels) => BinaryPrimitives.ReadInt64LittleEndian(pixels.Memory.Span);

    public static long[] Numbers(this BatchOrder batch) => [.. batch.Images.Select(Number)];
}
