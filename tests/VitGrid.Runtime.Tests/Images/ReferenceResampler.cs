using VitGrid.Runtime.Images;

namespace VitGrid.Runtime.Tests.Images;

/// <summary>The same resize written a second time, plainly: whole image, one sample at a time, as the fixtures describe it.</summary>
internal static class ReferenceResampler
{
    /// <summary>Resizes all of <paramref name="pixels"/> to <paramref name="width"/> × <paramref name="height"/> RGB.</summary>
    public static byte[] Resize(byte[] pixels, int sourceWidth, int sourceHeight, int width, int height, PassOrder order)
    {
        if (order == PassOrder.Pillow13 && sourceHeight - height > 0 && sourceHeight - height > 2 * (sourceWidth - width))
            return Horizontal(Vertical(pixels, sourceWidth, sourceHeight, height), sourceWidth, height, width);
        return Vertical(Horizontal(pixels, sourceWidth, sourceHeight, width), width, sourceHeight, height);
    }

    /// <summary>A rectangle of an RGB image.</summary>
    public static byte[] Crop(byte[] pixels, int width, int left, int top, int cropWidth, int cropHeight)
    {
        byte[] result = new byte[cropWidth * cropHeight * 3];
        for (int row = 0; row < cropHeight; row++)
            Array.Copy(pixels, (((top + row) * width) + left) * 3, result, row * cropWidth * 3, cropWidth * 3);
        return result;
    }

    private static byte[] Horizontal(byte[] pixels, int width, int height, int result) =>
        width == result ? pixels : Pass(
            pixels, width, result, height, (line, at, channel, length) => (((line * length) + at) * 3) + channel);

    private static byte[] Vertical(byte[] pixels, int width, int height, int result) =>
        height == result ? pixels : Pass(pixels, height, result, width, (line, at, channel, _) => (((at * width) + line) * 3) + channel);

    private static byte[] Pass(byte[] pixels, int length, int result, int lines, Func<int, int, int, int, int> index)
    {
        byte[] output = new byte[result * lines * 3];
        for (int to = 0; to < result; to++)
        {
            (int first, int[] weights) = Weights(length, result, to);
            for (int sample = 0; sample < lines * 3; sample++)
            {
                long sum = 1 << 21;
                for (int tap = 0; tap < weights.Length; tap++)
                    sum += (long)pixels[index(sample / 3, first + tap, sample % 3, length)] * weights[tap];
                output[index(sample / 3, to, sample % 3, result)] = (byte)Math.Clamp(sum >> 22, 0, 255);
            }
        }
        return output;
    }

    private static (int First, int[] Weights) Weights(int length, int result, int to)
    {
        double scale = (double)length / result;
        double wide = scale < 1 ? 1 : scale;
        double centre = (to + 0.5) * scale;
        int first = Math.Max((int)(centre - (2 * wide) + 0.5), 0);
        int end = Math.Min((int)(centre + (2 * wide) + 0.5), length);
        double[] exact = [.. Enumerable.Range(first, end - first).Select(at => Cubic((at - centre + 0.5) * (1 / wide)))];
        double sum = 0;
        foreach (double weight in exact)
            sum += weight;
        return (first, [.. exact.Select(weight => weight / sum).Select(weight => (int)((weight * 4194304) + (weight < 0 ? -0.5 : 0.5)))]);
    }

    private static double Cubic(double x) => Math.Abs(x) switch
    {
        < 1 => ((1.5 * Math.Abs(x)) - 2.5) * Math.Abs(x) * Math.Abs(x) + 1,
        < 2 => (((((Math.Abs(x) - 5) * Math.Abs(x)) + 8) * Math.Abs(x)) - 4) * -0.5,
        _ => 0,
    };
}
