using System.Buffers;
using VitGrid.Model.Encoders;

namespace VitGrid.Runtime.Images;

/// <summary>
/// Pillow's <c>Image.resize</c>, or torchvision's, byte for byte, restricted to a window of the result: two integer passes with 8 bits in
/// between, of which only the rows and columns are computed that the window is made of. What of the window the image does not fill is its
/// border.
/// </summary>
internal static class Resampler
{
    // Both bound memory, whatever the image's shape; ordinary images take one strip and a few portions.
    private const int MaxTableEntries = 1 << 22;
    private const int PortionBytes = 1 << 19;

    /// <summary>Writes the window of <paramref name="plan"/> to <paramref name="result"/>, row-major RGB.</summary>
    public static void Resize(PixelView source, ResizePlan plan, ResampleStyle style, FillColour fill, Span<byte> result)
    {
        if (!plan.HasBorder)
        {
            Resize(source, plan, style, result, plan.Window.Width * Raster.PixelBytes);
            return;
        }
        Fill(result[..plan.Window.SampleCount], fill);
        ResizePlan inner = plan.Inner;
        int stride = plan.Window.Width * Raster.PixelBytes;
        int corner = (int)(((inner.Top - plan.Top) * stride) + ((inner.Left - plan.Left) * Raster.PixelBytes));
        Resize(source, inner, style, result[corner..], stride);
    }

    /// <summary>Pixels that the first pass computes for the second; 0 when one pass is enough.</summary>
    public static long PixelsBetween(int width, int height, ResizePlan plan, PassOrder order)
    {
        plan = plan.Inner;
        // How finely weights are rounded changes no extent, and the wider kernel's are the larger ones.
        ResampleAxis columns = new(width, plan.Width);
        ResampleAxis rows = new(height, plan.Height);
        if (columns.Unchanged || rows.Unchanged)
            return 0;
        return VerticalFirst(width, height, plan, order)
            ? (long)columns.Extent(plan.Left, plan.Window.Width).Count * plan.Window.Height
            : (long)rows.Extent(plan.Top, plan.Window.Height).Count * plan.Window.Width;
    }

    private static void Resize(PixelView source, ResizePlan plan, ResampleStyle style, Span<byte> result, int stride)
    {
        ResampleAxis columns = style.Axis(source.Width, plan.Width);
        ResampleAxis rows = style.Axis(source.Height, plan.Height);
        int strip = columns.Unchanged ? plan.Window.Width : Math.Max(MaxTableEntries / HorizontalPass.TableEntries(columns), 1);
        bool verticalFirst = VerticalFirst(source.Width, source.Height, plan, style.Order);
        (int y, int height) = rows.Extent(plan.Top, plan.Window.Height);
        for (int left = 0; left < plan.Window.Width; left += strip)
        {
            int width = Math.Min(strip, plan.Window.Width - left);
            (int x, int needed) = columns.Extent(plan.Left + left, width);
            Strip part = new(columns, rows, plan.Left + left, width, plan.Top, plan.Window.Height);
            part.Resize(source.Cut(x, y, needed, height), verticalFirst, result[(left * Raster.PixelBytes)..], stride);
        }
    }

    private static void Fill(Span<byte> pixels, FillColour fill)
    {
        for (int at = 0; at < pixels.Length; at += Raster.PixelBytes)
            (pixels[at], pixels[at + 1], pixels[at + 2]) = (fill.Red, fill.Green, fill.Blue);
    }

    // Pillow 13's ImagingResample: the sizes are those of the whole images, not of the window.
    private static bool VerticalFirst(int width, int height, ResizePlan plan, PassOrder order) =>
        order == PassOrder.Pillow13 && height > plan.Height && height - plan.Height > 2 * (width - plan.Width);

    /// <summary>Columns Left … Left + Width − 1 of the window, all its rows.</summary>
    private readonly record struct Strip(ResampleAxis Columns, ResampleAxis Rows, long Left, int Width, long Top, int Height)
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
