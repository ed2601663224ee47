using System.Globalization;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;

namespace VitGrid.Runtime.Images;

/// <summary>In which order the two passes of the resize run.</summary>
public enum PassOrder
{
    /// <summary>Horizontal first: Pillow up to 12, with which the checkpoints were made, and torchvision.</summary>
    Horizontal,

    /// <summary>
    /// Pillow 13: vertical first when the height shrinks by more than 0 and by more than twice what the width shrinks by.
    /// </summary>
    Pillow13,
}

/// <summary>Whose bytes an image becomes.</summary>
public enum ResizeLibrary
{
    /// <summary>Pillow: weights of 22 fractional bits; alpha is dropped.</summary>
    Pillow,

    /// <summary>
    /// torchvision on a processor with AVX2, as transformers 5 takes it where it is installed: weights of 16 bits, and alpha laid on white.
    /// Up to 2 levels from Pillow's on opaque images.
    /// </summary>
    Torchvision,
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

/// <summary>Everything that decides which pixels an image becomes. Equal profiles give equal pixels; part of the cache key.</summary>
public sealed record PreprocessProfile
{
    /// <summary>The pipeline.</summary>
    public required ResizeMode Mode { get; init; }

    /// <summary>
    /// The result's height and width, in pixels, and what its samples are; of one tile where there is <see cref="Tiling"/>.
    /// </summary>
    public required InputSize Size { get; init; }

    /// <summary>timm's <c>crop_pct</c>, in (0, 1]; only used by <see cref="ResizeMode.Timm"/>.</summary>
    public double CropFraction { get; init; } = 1.0;

    /// <summary>
    /// Side that an image is resized to before the centre is cut out, in pixels; null where it is the size. Not used by
    /// <see cref="ResizeMode.Timm"/>.
    /// </summary>
    public int? Edge { get; init; }

    /// <summary>How an odd margin is halved, by <see cref="ResizeMode.Crop"/> and <see cref="ResizeMode.Squash"/>.</summary>
    public CropRounding Rounding { get; init; }

    /// <summary>The kernel.</summary>
    public Interpolation Interpolation { get; init; }

    /// <summary>What lies around an image that does not fill the result.</summary>
    public FillColour Fill { get; init; }

    /// <summary>Order of the resize passes.</summary>
    public PassOrder PassOrder { get; init; }

    /// <summary>Whose bytes.</summary>
    public ResizeLibrary Library { get; init; }

    /// <summary>EXIF orientation.</summary>
    public ExifOrientation Exif { get; init; }

    /// <summary>16-bit grey.</summary>
    public Grey16 Grey16 { get; init; }

    /// <summary>
    /// Whether a large JPEG or WebP may be decoded at a half, a quarter or an eighth of its size, as long as that is at least twice the
    /// size it is resized to. Exact resizing follows. Pixels differ a little from the reference's: <see cref="ShrinkFactor"/>.
    /// </summary>
    public bool FastDecode { get; init; }

    /// <summary>Into how many tiles an image is cut; null where it becomes one input.</summary>
    public ImageTiling? Tiling { get; init; }

    /// <summary>
    /// The profile that <paramref name="name"/> (<c>crop</c>, <c>squash</c>, <c>timm</c>, <c>border</c>, the first two also with
    /// <c>@pillow13</c> or <c>@torchvision</c>, each also with <c>+fast</c> behind it) means beside a checkpoint's own <paramref
    /// name="preprocessing"/>; null <paramref name="name"/> takes the checkpoint's. The checkpoint's own mode keeps its edge, rounding and
    /// fill; another goes to the input's size without a margin.
    /// </summary>
    /// <exception cref="ArgumentException">Unknown name; the message lists the known ones.</exception>
    public static PreprocessProfile Resolve(string? name, ImagePreprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        ProfileName parsed = name is null ? new(preprocessing.Mode) : ProfileName.Parse(name);
        bool isOwn = parsed.Mode == preprocessing.Mode;
        PreprocessProfile profile = new()
        {
            Mode = parsed.Mode,
            Size = InputSize.Of(preprocessing),
            CropFraction = preprocessing.CropFraction,
            Edge = isOwn ? preprocessing.Edge : null,
            Rounding = isOwn ? preprocessing.Rounding : default,
            Interpolation = preprocessing.Interpolation,
            Fill = isOwn ? preprocessing.Fill : default,
            PassOrder = parsed.PassOrder,
            Library = parsed.Library,
            FastDecode = parsed.FastDecode,
        };
        profile.Validate();
        return profile;
    }

    /// <summary>This profile with an image cut into tiles, each squashed to the size without a margin; null takes none.</summary>
    /// <exception cref="ArgumentException">The tiles' samples are not bytes.</exception>
    public PreprocessProfile WithTiling(ImageTiling? tiling)
    {
        if (tiling is null)
            return this with { Tiling = null };
        PreprocessProfile tiled = this with { Mode = ResizeMode.Squash, Edge = null, Rounding = default, Fill = default, Tiling = tiling };
        tiled.Validate();
        return tiled;
    }

    /// <summary>The contract's name, e.g. <c>crop@pillow13</c> or <c>crop+fast</c>.</summary>
    public string Name => new ProfileName(Mode, PassOrder, Library, FastDecode).ToString();

    /// <summary>The name with every other fact that changes pixels, without colons, e.g. <c>crop-448</c>: for cache keys.</summary>
    public string Key => Size.Samples == PixelType.TokenId
        ? string.Create(CultureInfo.InvariantCulture, $"tokens-{Size.Width}")
        : string.Create(CultureInfo.InvariantCulture, $"{Name}-{SizeName}")
        + (Mode == ResizeMode.Timm ? string.Create(CultureInfo.InvariantCulture, $"-{CropFraction:R}") : "")
        + (Exif == ExifOrientation.Apply ? "-exif" : "")
        + (Grey16 == Grey16.Scale ? "-grey16scale" : "")
        + (Edge is { } edge ? string.Create(CultureInfo.InvariantCulture, $"-from{edge}") : "")
        + (Rounding == CropRounding.HalfToEven && Mode is ResizeMode.Crop or ResizeMode.Squash ? "-even" : "")
        + (Interpolation == Interpolation.Bilinear ? "-bilinear" : "")
        + (Fill == default ? "" : $"-fill{Fill.Red:x2}{Fill.Green:x2}{Fill.Blue:x2}")
        + (Size.Samples == PixelType.Single ? "-single" : "")
        + (Tiling is { } tiling ? $"-tiles{tiling.Key}" : "");

    /// <summary>Whether transparent pixels are laid on white; else their colours stand as the file holds them.</summary>
    internal bool IsOnWhite => Library == ResizeLibrary.Torchvision;

    /// <summary>How the two passes are computed.</summary>
    internal ResampleStyle Style => new(Interpolation, PassOrder, Library);

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
        if (Edge < 1)
            throw new ArgumentException($"profile {Name} resizes to an edge of {Edge}; it must be at least 1 pixel");
        if (PassOrder == PassOrder.Pillow13 && Library != ResizeLibrary.Pillow)
            throw new ArgumentException($"profile {Name} asks for two libraries' bytes; choose @pillow13 or @torchvision");
        if (Size.Samples == PixelType.Single && PassOrder == PassOrder.Pillow13)
            throw new ArgumentException(
                $"profile {Name} asks for Pillow 13's bytes of a checkpoint whose images are resized in floating point, which Pillow does "
                + $"not do: leave {ProfileName.Pillow13Suffix} out");
        Tiling?.Validate(this);
    }
}
