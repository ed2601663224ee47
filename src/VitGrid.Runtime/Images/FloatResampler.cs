using VitGrid.Model.Encoders;

namespace VitGrid.Runtime.Images;

/// <summary>
/// The same resize in single precision, on bytes in units of full scale, with nothing rounded between the passes:
/// <c>torch.nn.functional.interpolate(…, antialias=True)</c> on a scaled image. Horizontal first.
/// </summary>
internal static class FloatResampler
{
    private const int MaxTableEntries = 1 << 22;
    private const float FullScale = 255;

    /// <summary>Writes the window of <paramref name="plan"/> to <paramref name="result"/>, row-major RGB in units of full scale.</summary>
    public static void Resize(PixelView source, ResizePlan plan, Interpolation kernel, FillColour fill, Span<float> result)
    {
        ResizePlan inner = plan.Inner;
        int stride = plan.Window.Width * Raster.PixelBytes;
        if (plan.HasBorder)
            Fill(result[..plan.Window.SampleCount], fill);
        int corner = (int)(((inner.Top - plan.Top) * stride) + ((inner.Left - plan.Left) * Raster.PixelBytes));
        ResampleAxis columns = new(source.Width, inner.Width, kernel);
        ResampleAxis rows = new(source.Height, inner.Height, kernel);
        int strip = Math.Max(MaxTableEntries / FloatColumns.TableEntries(columns), 1);
        for (int left = 0; left < inner.Window.Width; left += strip)
        {
            int width = Math.Min(strip, inner.Window.Width - left);
            using FloatColumns horizontal = new(columns, inner.Left + left, width);
            using FloatRows vertical = new(rows, inner.Top, inner.Window.Height, width * Raster.PixelBytes);
            vertical.Run(source, horizontal, result[(corner + (left * Raster.PixelBytes))..], stride);
        }
    }

    private static void Fill(Span<float> pixels, FillColour fill)
    {
        for (int at = 0; at < pixels.Length; at += Raster.PixelBytes)
        {
            pixels[at] = fill.Red / FullScale;
            pixels[at + 1] = fill.Green / FullScale;
            pixels[at + 2] = fill.Blue / FullScale;
        }
    }
}
