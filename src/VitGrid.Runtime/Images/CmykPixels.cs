namespace VitGrid.Runtime.Images;

/// <summary>Ink to light as Pillow does it, without a colour profile.</summary>
internal static class CmykPixels
{
    /// <summary>
    /// Replaces <paramref name="count"/> pixels of four inks (0 = none) by as many of three colours, from the front of the same array.
    /// </summary>
    public static void ToRgb(Span<byte> bytes, int count)
    {
        for (int pixel = 0; pixel < count; pixel++)
        {
            ReadOnlySpan<byte> inks = bytes.Slice(pixel * 4, 4);
            int light = 255 - inks[3];
            byte red = Remaining(light, inks[0]);
            byte green = Remaining(light, inks[1]);
            byte blue = Remaining(light, inks[2]);
            bytes[pixel * 3] = red;
            bytes[(pixel * 3) + 1] = green;
            bytes[(pixel * 3) + 2] = blue;
        }
    }

    // light − round(ink · light / 255)
    private static byte Remaining(int light, int ink) => (byte)(light - (((ink * light * 2) + 255) / 510));
}
