using System.Collections.Immutable;

namespace VitGrid.Model.Encoders;

/// <summary>Which of the published pipelines a checkpoint's own files ask for.</summary>
public enum ResizeMode
{
    /// <summary>
    /// Short side to the edge, then the centre: <c>CLIPImageProcessor</c> with <c>do_center_crop</c>, OpenCLIP's <c>shortest</c>.
    /// </summary>
    Crop,

    /// <summary>
    /// Both sides to the edge, aspect ratio ignored, then the centre where the edge is larger than the size: the chat models' tiles,
    /// <c>GotOcr2ImageProcessor</c>, <c>SiglipImageProcessor</c>.
    /// </summary>
    Squash,

    /// <summary>timm's evaluation transform: short side to size / crop_pct, centre crop rounding half to even.</summary>
    Timm,

    /// <summary>
    /// Long side to the edge, then a square with a border around the image: timm's <c>crop_mode</c> <c>border</c>, OpenCLIP's
    /// <c>longest</c>.
    /// </summary>
    Border,
}

/// <summary>The kernel an image is resized with, widened by the ratio when shrinking.</summary>
public enum Interpolation
{
    /// <summary>Cubic of four samples, a = −0.5.</summary>
    Bicubic,

    /// <summary>Linear between two samples.</summary>
    Bilinear,
}

/// <summary>What becomes of an odd margin's half pixel where the centre is cut out.</summary>
public enum CropRounding
{
    /// <summary>Left and top are rounded down: transformers.</summary>
    Down,

    /// <summary>Rounded half to even: timm, OpenCLIP and torchvision's <c>CenterCrop</c>.</summary>
    HalfToEven,
}

/// <summary>What a sample of an encoder's input is: of an image, or of a text.</summary>
public enum PixelType
{
    /// <summary>A byte, 0–255.</summary>
    Byte,

    /// <summary>A number in single precision, in units of full scale (0–1): images that are resized without being rounded.</summary>
    Single,

    /// <summary>The number of a token in the vocabulary, an int32: texts.</summary>
    TokenId,
}

/// <summary>The colour of what lies around an image.</summary>
/// <param name="Red">0–255.</param>
/// <param name="Green">0–255.</param>
/// <param name="Blue">0–255.</param>
public readonly record struct FillColour(byte Red, byte Green, byte Blue);

/// <summary>
/// What a checkpoint says about its input images, from <c>processor_config.json</c>, <c>preprocessor_config.json</c>, timm's
/// <c>pretrained_cfg</c> or OpenCLIP's <c>preprocess_cfg</c>; without any of them what its class does.
/// </summary>
/// <param name="Mode">The pipeline.</param>
/// <param name="Size">Side of the square input, in pixels.</param>
/// <param name="CropFraction">timm's <c>crop_pct</c> in mode <see cref="ResizeMode.Timm"/>, in (0, 1]; 1 elsewhere.</param>
/// <param name="Mean">Red, green, blue; in units of full scale (0–1).</param>
/// <param name="StandardDeviation">Red, green, blue; in units of full scale.</param>
public sealed record ImagePreprocessing(
    ResizeMode Mode, int Size, double CropFraction, ImmutableArray<float> Mean, ImmutableArray<float> StandardDeviation)
{
    /// <summary>
    /// Side that images are resized to before the centre is cut out, in pixels; null where it is <see cref="Size"/>. Not used by
    /// <see cref="ResizeMode.Timm"/>, whose edge is size / crop fraction.
    /// </summary>
    public int? Edge { get; init; }

    /// <summary>
    /// How an odd margin is halved; <see cref="ResizeMode.Timm"/> and <see cref="ResizeMode.Border"/> round half to even.
    /// </summary>
    public CropRounding Rounding { get; init; }

    /// <summary>The kernel.</summary>
    public Interpolation Interpolation { get; init; }

    /// <summary>What lies around an image that does not fill the input; black unless something else is stated.</summary>
    public FillColour Fill { get; init; }

    /// <summary>What a sample is; other than bytes only for <c>DINOv3ViTImageProcessor</c>.</summary>
    public PixelType Samples { get; init; }

    /// <summary>Where this stands, for people: a file's name and section, or why there is none. Changes no pixel.</summary>
    public string Source { get; init; } = "";

    /// <summary>ImageNet's channel means, which every published InternViT uses.</summary>
    public static ImmutableArray<float> ImageNetMean { get; } = [0.485f, 0.456f, 0.406f];

    /// <summary>ImageNet's channel deviations.</summary>
    public static ImmutableArray<float> ImageNetStandardDeviation { get; } = [0.229f, 0.224f, 0.225f];

    /// <summary>Channel means of OpenAI's CLIP.</summary>
    public static ImmutableArray<float> OpenAiMean { get; } = [0.48145466f, 0.4578275f, 0.40821073f];

    /// <summary>Channel deviations of OpenAI's CLIP.</summary>
    public static ImmutableArray<float> OpenAiStandardDeviation { get; } = [0.26862954f, 0.26130258f, 0.27577711f];

    /// <summary>A half in each channel: mean and deviation of what is scaled to −1…1.</summary>
    public static ImmutableArray<float> Halves { get; } = [0.5f, 0.5f, 0.5f];
}
