using System.Collections.Immutable;

namespace VitGrid.Model.Encoders;

/// <summary>Which of the three published pipelines a checkpoint's own files ask for.</summary>
public enum ResizeMode
{
    /// <summary>Short side to the size, then the centre: <c>CLIPImageProcessor</c> with <c>do_center_crop</c>.</summary>
    Crop,

    /// <summary>Both sides to the size, aspect ratio ignored: the chat models' tiles, <c>GotOcr2ImageProcessor</c>.</summary>
    Squash,

    /// <summary>timm's evaluation transform: short side to size / crop_pct, centre crop rounding half to even.</summary>
    Timm,
}

/// <summary>
/// What a checkpoint says about its input images, from <c>processor_config.json</c>, <c>preprocessor_config.json</c> or timm's
/// <c>pretrained_cfg</c>; without any of them what its class does.
/// </summary>
/// <param name="Mode">The pipeline.</param>
/// <param name="Size">Side of the square input, in pixels.</param>
/// <param name="CropFraction">timm's <c>crop_pct</c>, in (0, 1]; 1 elsewhere.</param>
/// <param name="Mean">Red, green, blue; in units of full scale (0–1).</param>
/// <param name="StandardDeviation">Red, green, blue; in units of full scale.</param>
public sealed record ImagePreprocessing(
    ResizeMode Mode, int Size, double CropFraction, ImmutableArray<float> Mean, ImmutableArray<float> StandardDeviation)
{
    /// <summary>Where this stands, for people: a file's name and section, or why there is none. Changes no pixel.</summary>
    public string Source { get; init; } = "";

    /// <summary>ImageNet's channel means, which every published InternViT uses.</summary>
    public static ImmutableArray<float> ImageNetMean { get; } = [0.485f, 0.456f, 0.406f];

    /// <summary>ImageNet's channel deviations.</summary>
    public static ImmutableArray<float> ImageNetStandardDeviation { get; } = [0.229f, 0.224f, 0.225f];
}
