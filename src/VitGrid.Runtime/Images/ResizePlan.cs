using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;

namespace VitGrid.Runtime.Images;

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
