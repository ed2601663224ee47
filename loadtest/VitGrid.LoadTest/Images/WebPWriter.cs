using System.Buffers.Binary;

namespace VitGrid.LoadTest.Images;

/// <summary>
/// Writes lossless WebP (VP8L) in which every channel of every pixel is a literal of eight bits: valid and deterministic, and no smaller
/// than its pixels. For WebP as users have it, send a folder of files.
/// </summary>
internal static class WebPWriter
{
    private const byte Signature = 0x2f;

    /// <summary>The whole file.</summary>
    public static byte[] Write(Canvas canvas)
    {
        byte[] image = Encode(canvas);
        byte[] file = new byte[20 + image.Length + (image.Length & 1)];
        "RIFF"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4), file.Length - 8);
        "WEBPVP8L"u8.CopyTo(file.AsSpan(8));
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(16), image.Length);
        image.CopyTo(file, 20);
        return file;
    }

    private static byte[] Encode(Canvas canvas)
    {
        WebPBits bits = new((canvas.Width * canvas.Height * 3) + 64);
        bits.Write(Signature, 8);
        bits.Write(canvas.Width - 1, 14);
        bits.Write(canvas.Height - 1, 14);
        // No alpha, version 0; no transform, no colour cache, one set of codes for the whole image.
        bits.Write(0, 1 + 3 + 1 + 1 + 1);
        WriteFlatCode(bits, alphabetIsLonger: true);
        WriteFlatCode(bits, alphabetIsLonger: false);
        WriteFlatCode(bits, alphabetIsLonger: false);
        // A code of one symbol takes no bits: opaque alpha, and a distance that is never used.
        bits.Write(0b1_0_1 | (255 << 3), 11);
        bits.Write(0b0_0_0_1, 4);
        for (int i = 0; i < canvas.Rgb.Length; i += 3)
        {
            bits.Write(Reversed(canvas.Rgb[i + 1]), 8);
            bits.Write(Reversed(canvas.Rgb[i]), 8);
            bits.Write(Reversed(canvas.Rgb[i + 2]), 8);
        }
        return bits.ToArray();
    }

    /// <summary>
    /// 256 symbols of eight bits each. Their lengths are written by a code that knows one length, 8, and so takes no bits itself.
    /// </summary>
    private static void WriteFlatCode(WebPBits bits, bool alphabetIsLonger)
    {
        const int PlaceOfEight = 11;
        bits.Write(0, 1);
        bits.Write(PlaceOfEight + 1 - 4, 4);
        bits.Write(0, 3 * PlaceOfEight);
        bits.Write(1, 3);
        bits.Write(alphabetIsLonger ? 1 : 0, 1);
        if (!alphabetIsLonger)
            return;
        // The green alphabet goes on with 24 lengths of copies; only the first 2 + 254 symbols have a code.
        bits.Write(3, 3);
        bits.Write(254, 8);
    }

    /// <summary>A prefix code is read from its highest bit, while bits are stored lowest first.</summary>
    private static int Reversed(byte value)
    {
        int swapped = ((value & 0xf0) >> 4) | ((value & 0x0f) << 4);
        swapped = ((swapped & 0xcc) >> 2) | ((swapped & 0x33) << 2);
        return ((swapped & 0xaa) >> 1) | ((swapped & 0x55) << 1);
    }
}

/// <summary>Bits, the first one lowest.</summary>
internal sealed class WebPBits(int capacity)
{
    private readonly byte[] _bytes = new byte[capacity];
    private long _count;

    /// <summary>Writes the low <paramref name="length"/> bits of <paramref name="value"/>.</summary>
    public void Write(int value, int length)
    {
        for (int i = 0; i < length; i++, _count++)
        {
            if (i < 32 && ((value >> i) & 1) != 0)
                _bytes[_count >> 3] |= (byte)(1 << (int)(_count & 7));
        }
    }

    /// <summary>All written so far, the last byte filled with zeros.</summary>
    public byte[] ToArray() => _bytes[..(int)((_count + 7) >> 3)];
}
