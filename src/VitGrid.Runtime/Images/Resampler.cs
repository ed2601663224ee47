using System.Buffers;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;

namespace VitGrid.Runtime.Images;

/// <summary>
/// Pillow's <c>Image.resize(…, BICUBIC)</c> byte for byte, restricted to a window of the result: two integer passes with 8 bits in
/// between, of which only the rows and columns are computed that the window is made of.
/// </summary>
internal static class Resampler
{
    // Both bound memory, whatever the image's shape; ordinary images take one strip and a few portions.
    private const int MaxTableEntries = 1 << 22;
    private const int PortionBytes = 1 << 19;

    /// <summary>Writes the window of <paramref name="plan"/> to <paramref name="result"/>, row-major RGB.</summary>
    public static void Resize(PixelView source, ResizePlan plan, PassOrder order, Span<byte> result)
    {
        BicubicAxis columns = new(source.Width, plan.Width);
        BicubicAxis rows = new(source.Height, plan.Height);
        int stride = plan.Window.Width * Raster.PixelBytes;
        int strip = columns.Unchanged ? plan.Window.Width : Math.Max(MaxTableEntries / HorizontalPass.TableEntries(columns), 1);
        bool verticalFirst = VerticalFirst(source.Width, source.Height, plan, order);
        (int y, int height) = rows.Extent(plan.Top, plan.Window.Height);
        for (int left = 0; left < plan.Window.Width; left += strip)
        {
            int width = Math.Min(strip, plan.Window.Width - left);
            (int x, int needed) = columns.Extent(plan.Left + left, width);
            Strip part = new(columns, rows, plan.Left + left, width, plan.Top, plan.Window.Height);
            part.Resize(source.Cut(x, y, needed, height), verticalFirst, result[(left * Raster.PixelBytes)..], stride);
        }
    }

    /// <summary>Pixels that the first pass computes for the second; 0 when one pass is enough.</summary>
    public static long PixelsBetween(int width, int height, ResizePlan plan, PassOrder order)
    {
        BicubicAxis columns = new(width, plan.Width);
        BicubicAxis rows = new(height, plan.Height);
        if (columns.Unchanged || rows.Unchanged)
            return 0;
        return VerticalFirst(width, height, plan, order)
            ? (long)columns.Extent(plan.Left, plan.Window.Width).Count * plan.Window.Height
            : (long)rows.Extent(plan.Top, plan.Window.Height).Count * plan.Window.Width;
    }

    // Pillow 13's ImagingResample: the sizes are those of the whole images, not of the window.
    private static bool VerticalFirst(int width, int height, ResizePlan plan, PassOrder order) =>
        order == PassOrder.Pillow13 && height > plan.Height && height - plan.Height > 2 * (width - plan.Width);

    /// <summary>Columns Left … Left + Width − 1 of the window, all its rows.</summary>
    private readonly record struct Strip(BicubicAxis Columns, BicubicAxis Rows, long Left, int Width, long Top, int Height)
    {
        private int RowBytes => Width * Raster.PixelBytes;

        public void Resize(PixelView source, bool verticalFirst, Span<byte> result, int stride)
        {
            if (Columns.Unchanged && Rows.Unchanged)
                Copy(source, result, stride);
            else if (Columns.Unchanged)
                Vertical(source, result, stride);
            else if (Rows.Unchanged)
                Horizontal(source, result, stride);
            else if (verticalFirst)
                VerticalThenHorizontal(source, result, stride);
            else
                HorizontalThenVertical(source, result, stride);
        }

        private static void Copy(PixelView source, Span<byte> result, int stride)
        {
            for (int row = 0; row < source.Height; row++)
                source.Row(row).CopyTo(result[(row * stride)..]);
        }

        private void Horizontal(PixelView source, Span<byte> result, int stride)
        {
            using HorizontalPass pass = new(Columns, Left, Width);
            pass.Run(source, result, stride);
        }

        private void Vertical(PixelView source, Span<byte> result, int stride)
        {
            using VerticalPass pass = new(Rows, Top, Height, source.Width * Raster.PixelBytes);
            pass.Add(source);
            pass.Finish(result, stride);
        }

        private void VerticalThenHorizontal(PixelView source, Span<byte> result, int stride)
        {
            using Raster between = Raster.Rent(source.Width, Height);
            Vertical(source, between.Pixels, source.Width * Raster.PixelBytes);
            Horizontal(new(between.Bytes, source.Width * Raster.PixelBytes, source.X, 0, source.Width, Height), result, stride);
        }

        private void HorizontalThenVertical(PixelView source, Span<byte> result, int stride)
        {
            int portion = Math.Clamp(PortionBytes / RowBytes, 1, source.Height);
            byte[] between = ArrayPool<byte>.Shared.Rent(portion * RowBytes);
            using HorizontalPass horizontal = new(Columns, Left, Width);
            using VerticalPass vertical = new(Rows, Top, Height, RowBytes);
            for (int row = 0; row < source.Height; row += portion)
            {
                int y = source.Y + row;
                int height = Math.Min(portion, source.Height - row);
                horizontal.Run(source.Cut(source.X, y, source.Width, height), between, RowBytes);
                vertical.Add(new(between, RowBytes, 0, y, Width, height));
            }
            vertical.Finish(result, stride);
            ArrayPool<byte>.Shared.Return(between);
        }
    }
}

/// <summary>What a profile asks of one image: resize the whole to <see cref="Width"/> × <see cref="Height"/>, keep the window.</summary>
/// <param name="Width">Width of the whole resized image, which need not fit in memory.</param>
/// <param name="Height">Its height.</param>
/// <param name="Left">First column of the window.</param>
/// <param name="Top">First row of the window.</param>
/// <param name="Window">The window's size: the result.</param>
internal readonly record struct ResizePlan(long Width, long Height, long Left, long Top, InputSize Window)
{
    /// <summary>The plan for an image of <paramref name="width"/> × <paramref name="height"/> pixels.</summary>
    public static ResizePlan For(int width, int height, PreprocessProfile profile) => profile.Mode switch
    {
        ResizeMode.Squash => new(profile.Size.Width, profile.Size.Height, 0, 0, profile.Size),
        ResizeMode.Crop => ShortSide(width, height, profile, profile.Size.Width, margin => margin / 2),
        ResizeMode.Timm => ShortSide(width, height, profile, (long)Math.Floor(profile.Size.Width / profile.CropFraction), HalfToEven),
        _ => throw new ArgumentException($"resize mode {profile.Mode} is not one of crop, squash, timm", nameof(profile)),
    };

    private static ResizePlan ShortSide(int width, int height, PreprocessProfile profile, long side, Func<long, long> half)
    {
        long resizedWidth = width <= height ? side : side * width / height;
        long resizedHeight = width <= height ? side * height / width : side;
        (long left, long top) = (half(resizedWidth - profile.Size.Width), half(resizedHeight - profile.Size.Height));
        return new(resizedWidth, resizedHeight, left, top, profile.Size);
    }

    // torchvision's CenterCrop: Python's round() of the margin's half.
    private static long HalfToEven(long margin) => (long)Math.Round(margin / 2.0, MidpointRounding.ToEven);
}

/// <summary>
/// Pillow's bicubic along one axis (<c>precompute_coeffs</c> and <c>normalize_coeffs_8bpc</c> of its <c>Resample.c</c>): kernel a = −0.5,
/// widened by the ratio when shrinking, weights normalised and rounded to <see cref="FractionBits"/> fractional bits.
/// </summary>
/// <param name="Source">Samples before.</param>
/// <param name="Result">Samples after; may pass what memory holds, as long as only a window of them is asked for.</param>
internal readonly record struct BicubicAxis(int Source, long Result)
{
    /// <summary>Fractional bits of a weight: 32 less 8 of the sample less 2 for overshoot.</summary>
    public const int FractionBits = 22;

    private double Scale => (double)Source / Result;

    private double Widening => Math.Max(Scale, 1.0);

    private double Support => 2.0 * Widening;

    /// <summary>Whether the pass is skipped.</summary>
    public bool Unchanged => Source == Result;

    /// <summary>The most weights one result sample has.</summary>
    public int MaxTaps => (int)Math.Min(Source, ((long)Math.Ceiling(Support) * 2) + 1);

    /// <summary>First source sample and number of samples that <paramref name="index"/> of the result is made of.</summary>
    public (int First, int Count) Taps(long index)
    {
        double centre = (index + 0.5) * Scale;
        int first = (int)Math.Max(centre - Support + 0.5, 0);
        int end = (int)Math.Min(centre + Support + 0.5, Source);
        return (first, end - first);
    }

    /// <summary>First source sample and number of samples of results <paramref name="first"/> … first + count − 1 together.</summary>
    public (int First, int Count) Extent(long first, int count)
    {
        if (Unchanged)
            return ((int)first, count);
        int start = Taps(first).First;
        (int last, int taps) = Taps(first + count - 1);
        return (start, last + taps - start);
    }

    /// <summary>Writes the weights of result sample <paramref name="index"/>, one per source sample from <see cref="Taps"/>.</summary>
    public void Weights(long index, Span<int> weights)
    {
        (int first, _) = Taps(index);
        double centre = (index + 0.5) * Scale;
        double inverse = 1.0 / Widening;
        double sum = 0;
        for (int tap = 0; tap < weights.Length; tap++)
            sum += Kernel((tap + first - centre + 0.5) * inverse);
        for (int tap = 0; tap < weights.Length; tap++)
            weights[tap] = Fixed(Kernel((tap + first - centre + 0.5) * inverse), sum);
    }

    private static int Fixed(double weight, double sum)
    {
        double scaled = (sum == 0 ? weight : weight / sum) * (1 << FractionBits);
        return (int)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    }

    private static double Kernel(double x)
    {
        const double A = -0.5;
        x = Math.Abs(x);
        if (x < 1.0)
            return (((A + 2.0) * x) - (A + 3.0)) * x * x + 1;
        return x < 2.0 ? (((((x - 5) * x) + 8) * x) - 4) * A : 0.0;
    }
}
