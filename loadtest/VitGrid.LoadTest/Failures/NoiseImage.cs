using System.Buffers.Binary;

namespace VitGrid.LoadTest.Failures;

/// <summary>An image of seeded random pixels: every two differ, so that a vector given to the wrong request shows.</summary>
internal static class NoiseImage
{
    private const int HeaderLength = 54;

    /// <summary>
    /// A bottom-up BMP of 24 bits a pixel, <paramref name="side"/> pixels wide and high (a multiple of 4: rows need no padding).
    /// </summary>
    public static byte[] Bmp(int seed, int side)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(side % 4, 0);
        byte[] file = new byte[HeaderLength + (3 * side * side)];
        "BM"u8.CopyTo(file);
        Write(file, 2, file.Length);
        Write(file, 10, HeaderLength);
        Write(file, 14, 40);
        Write(file, 18, side);
        Write(file, 22, side);
        Write(file, 26, 1 | (24 << 16));
        new Random(seed).NextBytes(file.AsSpan(HeaderLength));
        return file;
    }

    private static void Write(byte[] file, int offset, int value) => BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(offset), value);
}
