namespace VitGrid.Runtime.Images.Tiff;

/// <summary>
/// Luma and colour differences to red, green and blue, in the fixed-point arithmetic of libtiff, which the reference uses.
/// </summary>
internal sealed class TiffYcc
{
    private const int Shift = 16;
    private const int Half = 1 << (Shift - 1);
    private const float Limit = 128 * 32;

    private readonly int[] _luma = new int[256];
    private readonly int[] _redOfRed = new int[256];
    private readonly int[] _greenOfRed = new int[256];
    private readonly int[] _greenOfBlue = new int[256];
    private readonly int[] _blueOfBlue = new int[256];

    private TiffYcc(float[] weights, float[] range)
    {
        (float red, float green, float blue) = (weights[0], weights[1], weights[2]);
        int redOfRed = Fixed(2 - (2 * red)), greenOfRed = -Fixed(red * (2 - (2 * red)) / green);
        int blueOfBlue = Fixed(2 - (2 * blue)), greenOfBlue = -Fixed(blue * (2 - (2 * blue)) / green);
        for (int code = 0; code < 256; code++)
        {
            int ofRed = Value(code - 128, range[4] - 128, range[5] - 128, 127);
            int ofBlue = Value(code - 128, range[2] - 128, range[3] - 128, 127);
            _luma[code] = Value(code, range[0], range[1], 255);
            _redOfRed[code] = ((redOfRed * ofRed) + Half) >> Shift;
            _blueOfBlue[code] = ((blueOfBlue * ofBlue) + Half) >> Shift;
            _greenOfRed[code] = greenOfRed * ofRed;
            _greenOfBlue[code] = (greenOfBlue * ofBlue) + Half;
        }
    }

    /// <summary>Reads the weights and ranges; those of CCIR 601 and of full range without them.</summary>
    /// <exception cref="ImageException">They are no numbers to compute with.</exception>
    public static TiffYcc Read(TiffDirectory directory)
    {
        float[] weights = directory.Fractions(TiffTag.LumaCoefficients, 0.299f, 0.587f, 0.114f);
        float[] range = directory.Fractions(TiffTag.ReferenceBlackWhite, 0, 255, 128, 255, 128, 255);
        if (weights[1] == 0 || weights.Concat(range).Any(number => !float.IsFinite(number) || Math.Abs(number) >= int.MaxValue))
            throw TiffDirectory.Damaged($"has luma weights {string.Join(", ", weights)} and ranges {string.Join(", ", range)}");
        return new(weights, range);
    }

    /// <summary>Converts pixels of three bytes in place.</summary>
    public void ToRgb(Span<byte> pixels)
    {
        for (int at = 0; at + 2 < pixels.Length; at += Raster.PixelBytes)
        {
            (int luma, int blue, int red) = (_luma[pixels[at]], pixels[at + 1], pixels[at + 2]);
            pixels[at] = Clamped(luma + _redOfRed[red]);
            pixels[at + 1] = Clamped(luma + ((_greenOfBlue[blue] + _greenOfRed[red]) >> Shift));
            pixels[at + 2] = Clamped(luma + _blueOfBlue[blue]);
        }
    }

    private static int Fixed(float factor) => (int)((Math.Clamp(factor, 0f, 2f) * (1 << Shift)) + 0.5);

    private static int Value(int code, float black, float white, float span)
    {
        float range = white - black;
        return (int)Math.Clamp((code - (int)black) * span / (range != 0 ? range : 1), -Limit, Limit);
    }

    private static byte Clamped(int value) => (byte)Math.Clamp(value, 0, 255);
}
