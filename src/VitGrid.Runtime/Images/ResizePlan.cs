using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;

namespace VitGrid.Runtime.Images;

/// <summary>What a profile asks of one image: resize the whole to <see cref="Width"/> × <see cref="Height"/>, keep the window.</summary>
/// <param name="Width">Width of the whole resized image, which need not fit in memory.</param>
/// <param name="Height">Its height.</param>
/// <param name="Left">First column of the window; negative where a border lies left of the image.</param>
/// <param name="Top">First row of the window; negative where a border lies above.</param>
/// <param name="Window">The window's size: the result.</param>
internal readonly record struct ResizePlan(long Width, long Height, long Left, long Top, InputSize Window)
{
    /// <summary>Whether a part of the window lies outside of the resized image.</summary>
    public bool HasBorder => Left < 0 || Top < 0 || Left + Window.Width > Width || Top + Window.Height > Height;

    /// <summary>The plan of that part of the window which the image fills; never empty.</summary>
    public ResizePlan Inner
    {
        get
        {
            if (!HasBorder)
                return this;
            (long left, long top) = (Math.Max(Left, 0), Math.Max(Top, 0));
            int width = (int)(Math.Min(Left + Window.Width, Width) - left);
            int height = (int)(Math.Min(Top + Window.Height, Height) - top);
            return new(Width, Height, left, top, Window with { Height = height, Width = width });
        }
    }

    /// <summary>The plan for an image of <paramref name="width"/> × <paramref name="height"/> pixels.</summary>
    public static ResizePlan For(int width, int height, PreprocessProfile profile) => profile.Mode switch
    {
        ResizeMode.Squash => Squash(profile),
        ResizeMode.Crop => ShortSide(width, height, profile, profile.Edge ?? profile.Size.Width),
        ResizeMode.Timm => ShortSide(width, height, profile, (long)Math.Floor(profile.Size.Width / profile.CropFraction)),
        ResizeMode.Border => LongSide(width, height, profile, profile.Edge ?? profile.Size.Width),
        _ => throw new ArgumentException(
            $"resize mode {profile.Mode} is not one of crop, squash, timm, border", nameof(profile)),
    };

    /// <summary>The plans of an image's tiles: windows of one resized whole, row by row, then that of the thumbnail.</summary>
    public static IEnumerable<ResizePlan> ForTiles(TileGrid grid, PreprocessProfile profile)
    {
        int tile = profile.Size.Width;
        for (int row = 0; row < grid.Rows; row++)
        {
            for (int column = 0; column < grid.Columns; column++)
                yield return new((long)grid.Columns * tile, (long)grid.Rows * tile, (long)column * tile, (long)row * tile, profile.Size);
        }
        if (grid.HasThumbnail)
            yield return new(tile, tile, 0, 0, profile.Size);
    }

    private static ResizePlan Squash(PreprocessProfile profile)
    {
        (long width, long height) = (profile.Edge ?? profile.Size.Width, profile.Edge ?? profile.Size.Height);
        return Centred(width, height, profile, profile.Rounding);
    }

    private static ResizePlan ShortSide(int width, int height, PreprocessProfile profile, long side)
    {
        long resizedWidth = width <= height ? side : side * width / height;
        long resizedHeight = width <= height ? side * height / width : side;
        CropRounding rounding = profile.Mode == ResizeMode.Timm ? CropRounding.HalfToEven : profile.Rounding;
        return Centred(resizedWidth, resizedHeight, profile, rounding);
    }

    // timm's ResizeKeepRatio with the long side: round(side / ratio), half to even. A sliver that would vanish keeps one pixel.
    private static ResizePlan LongSide(int width, int height, PreprocessProfile profile, long side)
    {
        double ratio = (double)Math.Max(width, height) / side;
        return Centred(Shrunk(width), Shrunk(height), profile, CropRounding.HalfToEven);

        long Shrunk(int from) => Math.Max((long)Math.Round(from / ratio, MidpointRounding.ToEven), 1);
    }

    private static ResizePlan Centred(long width, long height, PreprocessProfile profile, CropRounding rounding)
    {
        // Around an image that is too small, transformers with Pillow puts the larger half in front, all others the smaller.
        bool largerFirst = rounding == CropRounding.Down && profile.Library == ResizeLibrary.Pillow;
        return new(width, height, Half(width - profile.Size.Width), Half(height - profile.Size.Height), profile.Size);

        long Half(long margin) => (margin, rounding) switch
        {
            ( < 0, _) => largerFirst ? (margin - 1) / 2 : margin / 2,
            (_, CropRounding.HalfToEven) => (long)Math.Round(margin / 2.0, MidpointRounding.ToEven),
            _ => margin / 2,
        };
    }
}
