namespace VitGrid.Runtime.Images;

/// <summary>A rectangle of RGB pixels in coordinates of the whole image.</summary>
/// <param name="bytes">Begins with the rectangle's first pixel; <see cref="Raster.Slack"/> bytes behind its last one are readable.</param>
/// <param name="stride">Bytes from one row to the next.</param>
/// <param name="x">First column.</param>
/// <param name="y">First row.</param>
/// <param name="width">Columns.</param>
/// <param name="height">Rows.</param>
internal readonly ref struct PixelView(ReadOnlySpan<byte> bytes, int stride, int x, int y, int width, int height)
{
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    public int Stride { get; } = stride;

    public int X { get; } = x;

    public int Y { get; } = y;

    public int Width { get; } = width;

    public int Height { get; } = height;

    /// <summary>A smaller rectangle, its corner in coordinates of the whole image.</summary>
    public PixelView Cut(int x, int y, int width, int height) =>
        new(Bytes[(((y - Y) * Stride) + ((x - X) * Raster.PixelBytes))..], Stride, x, y, width, height);

    /// <summary>One row's pixels.</summary>
    public ReadOnlySpan<byte> Row(int row) => Bytes.Slice(row * Stride, Width * Raster.PixelBytes);
}
