using System.Globalization;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;

namespace VitGrid.Runtime.Images;

/// <summary>In which order the two passes of the bicubic resize run.</summary>
public enum PassOrder
{
    /// <summary>Horizontal first: Pillow up to 12, with which the checkpoints were made.</summary>
    Horizontal,

    /// <summary>
    /// Pillow 13: vertical first when the height shrinks by more than 0 and by more than twice what the width shrinks by.
    /// </summary>
    Pillow13,
}

/// <summary>How 16-bit grey becomes 8-bit.</summary>
public enum Grey16
{
    /// <summary>Clamped to 255, as Pillow's <c>convert("RGB")</c> does: the reference.</summary>
    Clamp,

    /// <summary>Divided by 257.</summary>
    Scale,
}

/// <summary>What happens to an image's EXIF orientation.</summary>
public enum ExifOrientation
{
    /// <summary>Not applied, as in the reference code.</summary>
    Ignore,

    /// <summary>The image is turned upright before it is resized.</summary>
    Apply,
}

/// <summary>Everything that decides which uint8 pixels an image becomes. Equal profiles give equal pixels; part of the cache key.</summary>
public sealed record PreprocessProfile
{
    private const string Pillow13Suffix = "@pillow13";
    private const string FastSuffix = "+fast";

    /// <summary>Characters of an unknown name that a message shows.</summary>
    private const int MaxShown = 48;

    /// <summary>The pipeline.</summary>
    public required ResizeMode Mode { get; init; }

    /// <summary>The result's height and width, in pixels.</summary>
    public required InputSize Size { get; init; }

    /// <summary>timm's <c>crop_pct</c>, in (0, 1]; only used by <see cref="ResizeMode.Timm"/>.</summary>
    public double CropFraction { get; init; } = 1.0;

    /// <summary>Order of the resize passes.</summary>
    public PassOrder PassOrder { get; init; }

    /// <summary>EXIF orientation.</summary>
    public ExifOrientation Exif { get; init; }

    /// <summary>16-bit grey.</summary>
    public Grey16 Grey16 { get; init; }

    /// <summary>
    /// Whether a large JPEG or WebP may be decoded at a half, a quarter or an eighth of its size, as long as that is at least twice the
    /// size it is resized to. Exact resizing follows. Pixels differ a little from the reference's: <see cref="ShrinkFactor"/>.
    /// </summary>
    public bool FastDecode { get; init; }

    /// <summary>
    /// The profile that <paramref name="name"/> (<c>crop</c>, <c>squash</c>, <c>timm</c>, <c>crop@pillow13</c>, <c>squash@pillow13</c>,
    /// each also with <c>+fast</c> behind it) means beside a checkpoint's own <paramref name="preprocessing"/>; null <paramref
    /// name="name"/> takes the checkpoint's.
    /// </summary>
    /// <exception cref="ArgumentException">Unknown name; the message lists the known ones.</exception>
    public static PreprocessProfile Resolve(string? name, ImagePreprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        bool fast = name?.EndsWith(FastSuffix, StringComparison.Ordinal) == true;
        (ResizeMode mode, PassOrder order) = name is null
            ? (preprocessing.Mode, PassOrder.Horizontal) : Parse(name, fast ? name[..^FastSuffix.Length] : name);
        PreprocessProfile profile = new()
        {
            Mode = mode,
            Size = InputSize.Square(preprocessing.Size),
            CropFraction = preprocessing.CropFraction,
            PassOrder = order,
            FastDecode = fast,
        };
        profile.Validate();
        return profile;
    }

    /// <summary>The contract's name, e.g. <c>crop@pillow13</c> or <c>crop+fast</c>.</summary>
    public string Name => ModeName + (PassOrder == PassOrder.Pillow13 ? Pillow13Suffix : "") + (FastDecode ? FastSuffix : "");

    /// <summary>The name with every other fact that changes pixels, without colons, e.g. <c>crop-448</c>: for cache keys.</summary>
    public string Key =>
        string.Create(CultureInfo.InvariantCulture, $"{Name}-{SizeName}")
        + (Mode == ResizeMode.Timm ? string.Create(CultureInfo.InvariantCulture, $"-{CropFraction:R}") : "")
        + (Exif == ExifOrientation.Apply ? "-exif" : "")
        + (Grey16 == Grey16.Scale ? "-grey16scale" : "");

    private string ModeName => Mode switch
    {
        ResizeMode.Crop => "crop",
        ResizeMode.Squash => "squash",
        _ => "timm",
    };

    private string SizeName => Size.Height == Size.Width ? Size.Height.ToString(CultureInfo.InvariantCulture) : Size.ToString();

    /// <summary>Holds the properties against each other.</summary>
    /// <exception cref="ArgumentException">They contradict each other or pass their range.</exception>
    internal void Validate()
    {
        if (Size.Height < 1 || Size.Width < 1)
            throw new ArgumentException($"profile {Name} has size {Size}; both sides must be at least 1 pixel");
        if (Mode != ResizeMode.Squash && Size.Height != Size.Width)
            throw new ArgumentException(
                $"profile {Name} has size {Size}; it crops to a square: give equal sides or use the profile squash");
        if (CropFraction is not (> 0 and <= 1))
            throw new ArgumentException(
                $"profile {Name} has crop fraction {CropFraction.ToString(CultureInfo.InvariantCulture)}; "
                + "it must be above 0 and at most 1");
    }

    private static (ResizeMode Mode, PassOrder Order) Parse(string name, string exact) => exact switch
    {
        "crop" => (ResizeMode.Crop, PassOrder.Horizontal),
        "squash" => (ResizeMode.Squash, PassOrder.Horizontal),
        "timm" => (ResizeMode.Timm, PassOrder.Horizontal),
        "crop" + Pillow13Suffix => (ResizeMode.Crop, PassOrder.Pillow13),
        "squash" + Pillow13Suffix => (ResizeMode.Squash, PassOrder.Pillow13),
        _ => throw new ArgumentException(
            $"preprocess profile '{(name.Length > MaxShown ? name[..MaxShown] + "…" : name)}' is unknown; "
            + "use crop, squash, timm, crop@pillow13 or squash@pillow13, "
            + $"and {FastSuffix} behind it for a faster decode that is not exact", nameof(name)),
    };
}
