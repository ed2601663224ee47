using VitGrid.Model.Encoders;
using VitGrid.Runtime.Images;

namespace VitGrid.Runtime.Tests.Images;

/// <summary>The same resize written a second time, plainly: whole image, one sample at a time, as the fixtures describe it.</summary>
internal static class ReferenceResampler
{
    /// <summary>Resizes all of <paramref name="pixels"/> to <paramref name="width"/> × <paramref name="height"/> RGB.</summary>
    public static byte[] Resize(byte[] pixels, int sourceWidth, int sourceHeight, int width, int height, ResampleStyle style)
    {
        if (style.Order == PassOrder.Pillow13 && sourceHeight - height > 0 && sourceHeight - height > 2 * (sourceWidth - width))
            return Horizontal(Vertical(pixels, sourceWidth, sourceHeight, height, style), sourceWidth, height, width, style);
        return Vertical(Horizontal(pixels, sourceWidth, sourceHeight, width, style), width, sourceHeight, height, style);
    }

    /// <summary>The bilinear resize in double precision with nothing rounded, in levels of 0–255.</summary>
    public static double[] Exact(byte[] pixels, int sourceWidth, int sourceHeight, int width, int height)
    {
        double[] result = new double[width * height * 3];
        for (int row = 0; row < height; row++)
        {
            (int top, double[] down) = Shares(sourceHeight, height, row, Interpolation.Bilinear);
            for (int column = 0; column < width; column++)
            {
                (int left, double[] across) = Shares(sourceWidth, width, column, Interpolation.Bilinear);
                for (int tap = 0; tap < down.Length * across.Length; tap++)
                {
                    (int y, int x) = (top + (tap / across.Length), left + (tap % across.Length));
                    double weight = down[tap / across.Length] * across[tap % across.Length];
                    for (int channel = 0; channel < 3; channel++)
                        result[(((row * width) + column) * 3) + channel] += pixels[(((y * sourceWidth) + x) * 3) + channel] * weight;
                }
            }
        }
        return result;
    }

    /// <summary>A rectangle of an RGB image.</summary>
    public static byte[] Crop(byte[] pixels, int width, int left, int top, int cropWidth, int cropHeight)
    {
        byte[] result = new byte[cropWidth * cropHeight * 3];
        for (int row = 0; row < cropHeight; row++)
            Array.Copy(pixels, (((top + row) * width) + left) * 3, result, row * cropWidth * 3, cropWidth * 3);
        return result;
    }

    private static byte[] Horizontal(byte[] pixels, int width, int height, int result, ResampleStyle style) =>
        width == result ? pixels : Pass(
            pixels, width, result, height, style, (line, at, channel, length) => (((line * length) + at) * 3) + channel);

    private static byte[] Vertical(byte[] pixels, int width, int height, int result, ResampleStyle style) =>
        height == result ? pixels : Pass(
            pixels, height, result, width, style, (line, at, channel, _) => (((at * width) + line) * 3) + channel);

    private static byte[] Pass(
        byte[] pixels, int length, int result, int lines, ResampleStyle style, Func<int, int, int, int, int> index)
    {
        (int First, double[] Shares)[] exact = [.. Enumerable.Range(0, result).Select(to => Shares(length, result, to, style.Kernel))];
        int bits = style.Library == ResizeLibrary.Pillow ? 22 : ShortBits(exact.Max(row => row.Shares.Max()));
        byte[] output = new byte[result * lines * 3];
        for (int to = 0; to < result; to++)
        {
            (int first, double[] shares) = exact[to];
            int[] weights = [.. shares.Select(weight => (int)((weight * (1 << bits)) + (weight < 0 ? -0.5 : 0.5)))];
            for (int sample = 0; sample < lines * 3; sample++)
            {
                long sum = 1L << (bits - 1);
                for (int tap = 0; tap < weights.Length; tap++)
                    sum += (long)pixels[index(sample / 3, first + tap, sample % 3, length)] * weights[tap];
                output[index(sample / 3, to, sample % 3, result)] = (byte)Math.Clamp(sum >> bits, 0, 255);
            }
        }
        return output;
    }

    // The most bits with which every weight, rounded, is a number of 16 bits.
    private static int ShortBits(double largest) =>
        Enumerable.Range(1, 22).Last(bits => (int)(0.5 + (largest * (1 << bits))) <= short.MaxValue);

    private static (int First, double[] Shares) Shares(int length, int result, int to, Interpolation kernel)
    {
        double scale = (double)length / result;
        double wide = scale < 1 ? 1 : scale;
        double radius = (kernel == Interpolation.Bicubic ? 2 : 1) * wide;
        double centre = (to + 0.5) * scale;
        int first = Math.Max((int)(centre - radius + 0.5), 0);
        int end = Math.Min((int)(centre + radius + 0.5), length);
        double[] values =
            [.. Enumerable.Range(first, end - first).Select(at => (at - centre + 0.5) * (1 / wide)).Select(
                x => kernel == Interpolation.Bicubic ? Cubic(x) : Math.Max(1 - Math.Abs(x), 0))];
        double sum = 0;
        foreach (double value in values)
            sum += value;
        return (first, [.. values.Select(value => value / sum)]);
    }

    private static double Cubic(double x) => Math.Abs(x) switch
    {
        < 1 => ((1.5 * Math.Abs(x)) - 2.5) * Math.Abs(x) * Math.Abs(x) + 1,
        < 2 => (((((Math.Abs(x) - 5) * Math.Abs(x)) + 8) * Math.Abs(x)) - 4) * -0.5,
        _ => 0,
    };
}
