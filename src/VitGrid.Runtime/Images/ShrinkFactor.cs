namespace VitGrid.Runtime.Images;

/// <summary>
/// By how much an image may be shrunk while it is decoded. JPEG's coefficients of 8 × 8 blocks, and WebP's scaler, give a half, a quarter
/// or an eighth of an image for less work than the whole. Twice the wanted size is left, so that the exact resize that follows decides the
/// pixels. On the fixture of 6 Mpixel at 448 they differ by 0.16 of 255 in the mean, 99 of 100 by at most 3, and by up to 41 at hard edges.
/// </summary>
internal static class ShrinkFactor
{
    private const int Margin = 2;

    private static readonly int[] Factors = [8, 4, 2];

    /// <summary>1, 2, 4 or 8.</summary>
    public static int For(int width, int height, PreprocessProfile profile)
    {
        if (!profile.FastDecode)
            return 1;
        ResizePlan plan = ResizePlan.For(width, height, profile);
        foreach (int factor in Factors)
        {
            if (width / factor >= Margin * plan.Width && height / factor >= Margin * plan.Height)
                return factor;
        }
        return 1;
    }
}
