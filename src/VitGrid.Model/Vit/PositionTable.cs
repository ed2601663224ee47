using VitGrid.Model.Encoders;

namespace VitGrid.Model.Vit;

/// <summary>
/// Fits a position embedding made for one square grid of patches to another grid. Two kernels are in use and differ even when
/// enlarging; which one a checkpoint means is <see cref="EncoderArchitecture.Interpolation"/>.
/// </summary>
public static class PositionTable
{
    /// <summary>
    /// Row 0 (the class token's) is kept; rows 1… are a <paramref name="side"/> × <paramref name="side"/> image of
    /// <paramref name="width"/> channels, row-major, which is resized to <paramref name="height"/> × <paramref name="breadth"/>.
    /// </summary>
    /// <param name="table">The stored embedding, [1 + side², width].</param>
    /// <param name="width">D, numbers of a row.</param>
    /// <param name="side">Patches along each side of the image that it was made for.</param>
    /// <param name="height">Patches from top to bottom of the image it is for.</param>
    /// <param name="breadth">Patches from left to right.</param>
    /// <param name="kernel">Which bicubic kernel.</param>
    /// <returns>[1 + height · breadth, width].</returns>
    public static float[] Fit(ReadOnlySpan<float> table, int width, int side, int height, int breadth, PositionInterpolation kernel) =>
        [.. table[..width], .. FitGrid(table[width..], width, side, height, breadth, kernel)];

    /// <summary>The same without a row in front.</summary>
    /// <returns>[height · breadth, width].</returns>
    public static float[] FitGrid(ReadOnlySpan<float> table, int width, int side, int height, int breadth, PositionInterpolation kernel) =>
        Resize(table, width, side, Weights(side, height, kernel), Weights(side, breadth, kernel));

    /// <summary>
    /// Bilinear, without antialiasing, borders repeated: a <paramref name="side"/> × <paramref name="side"/> table of relative positions.
    /// </summary>
    /// <returns>[height · breadth, width].</returns>
    public static float[] FitBilinear(ReadOnlySpan<float> table, int width, int side, int height, int breadth) =>
        Resize(table, width, side, Linear(side, height), Linear(side, breadth));

    private static float[] Resize(ReadOnlySpan<float> table, int width, int side, Taps[] rows, Taps[] columns)
    {
        (int height, int breadth) = (rows.Length, columns.Length);
        float[] fitted = new float[height * breadth * width];
        double[] sums = new double[width];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < breadth; x++)
            {
                Blend(table, width, side, rows[y], columns[x], sums);
                Span<float> target = fitted.AsSpan(((y * breadth) + x) * width, width);
                for (int channel = 0; channel < width; channel++)
                    target[channel] = (float)sums[channel];
            }
        }
        return fitted;
    }

    private static void Blend(ReadOnlySpan<float> grid, int width, int side, Taps row, Taps column, double[] sums)
    {
        Array.Clear(sums);
        for (int i = 0; i < row.Index.Length; i++)
        {
            for (int j = 0; j < column.Index.Length; j++)
            {
                double weight = row.Weight[i] * column.Weight[j];
                ReadOnlySpan<float> source = grid.Slice(((row.Index[i] * side) + column.Index[j]) * width, width);
                for (int channel = 0; channel < width; channel++)
                    sums[channel] += weight * source[channel];
            }
        }
    }

    private static Taps[] Weights(int side, int size, PositionInterpolation kernel)
    {
        double scale = (double)side / size;
        bool antialiased = kernel is PositionInterpolation.Timm or PositionInterpolation.Antialiased;
        return [.. Enumerable.Range(0, size).Select(i => antialiased ? Antialiased(i, scale, side) : Plain(i, scale, side))];
    }

    /// <summary>PyTorch's bilinear without antialiasing and without aligned corners: two taps.</summary>
    private static Taps[] Linear(int side, int size) =>
    [
        .. Enumerable.Range(0, size).Select(i =>
        {
            double position = Math.Max((((i + 0.5) * side) / size) - 0.5, 0);
            int first = Math.Min((int)position, side - 1), second = Math.Min(first + 1, side - 1);
            return new Taps([first, second], [1 - (position - first), position - first]);
        }),
    ];

    /// <summary>PyTorch's bicubic without antialiasing: four taps, a = −0.75, borders repeated.</summary>
    private static Taps Plain(int i, double scale, int side)
    {
        double position = ((i + 0.5) * scale) - 0.5;
        int first = (int)Math.Floor(position) - 1;
        int[] index = new int[4];
        double[] weight = new double[4];
        for (int tap = 0; tap < 4; tap++)
        {
            index[tap] = Math.Clamp(first + tap, 0, side - 1);
            weight[tap] = Cubic(position - (first + tap), -0.75);
        }
        return new(index, weight);
    }

    /// <summary>PyTorch's antialiased bicubic: a = −0.5, the kernel widened when shrinking, weights renormalised at borders.</summary>
    private static Taps Antialiased(int i, double scale, int side)
    {
        double stretch = Math.Max(scale, 1);
        double centre = (i + 0.5) * scale;
        int first = Math.Max((int)(centre - (2 * stretch) + 0.5), 0);
        int end = Math.Min((int)(centre + (2 * stretch) + 0.5), side);
        double[] weight = [.. Enumerable.Range(first, end - first).Select(j => Cubic((j - centre + 0.5) / stretch, -0.5))];
        double sum = weight.Sum();
        return new([.. Enumerable.Range(first, end - first)], [.. weight.Select(w => w / sum)]);
    }

    /// <summary>Keys' cubic convolution kernel (1981) with free parameter <paramref name="a"/>.</summary>
    private static double Cubic(double x, double a)
    {
        x = Math.Abs(x);
        if (x < 1)
            return ((((a + 2) * x) - (a + 3)) * x * x) + 1;
        return x < 2 ? a * ((((x - 5) * x) + 8) * x - 4) : 0;
    }

    private sealed record Taps(int[] Index, double[] Weight);
}
