using System.Globalization;
using VitGrid.Client;
using VitGrid.Model.Encoders;
using VitGrid.Runtime.Images;

namespace VitGrid.Server.Api;

/// <summary>What becomes of an image, as <c>/v1/models</c> and the verbs tell it.</summary>
internal static class PreprocessingFacts
{
    /// <summary>What a checkpoint asks for by itself.</summary>
    public static PreprocessingDescription Describe(ImagePreprocessing stated) => Describe(stated, PreprocessProfile.Resolve(null, stated));

    /// <summary>What <paramref name="profile"/>, which the configuration may have chosen, makes of what the checkpoint states.</summary>
    public static PreprocessingDescription Describe(ImagePreprocessing stated, PreprocessProfile profile) => new()
    {
        Mode = profile.Name,
        Size = [profile.Size.Height, profile.Size.Width],
        CropFraction = profile.Mode == ResizeMode.Timm ? profile.CropFraction : null,
        Edge = profile.Edge,
        Interpolation = profile.Interpolation == Interpolation.Bilinear ? "bilinear" : "bicubic",
        Fill = profile.Fill == default ? null : [profile.Fill.Red, profile.Fill.Green, profile.Fill.Blue],
        Samples = profile.Size.Samples == PixelType.Single ? "float32" : "uint8",
        Mean = stated.Mean,
        Std = stated.StandardDeviation,
        Source = profile.Mode == stated.Mode ? stated.Source : $"mode: the configuration; size and statistics: {stated.Source}",
    };

    /// <summary>One line, e.g. <c>crop to 224 × 224 from 256, mean 0.5 0.5 0.5, std 0.5 0.5 0.5 (preprocessor_config.json)</c>.</summary>
    public static string Line(PreprocessingDescription facts) => string.Create(
        CultureInfo.InvariantCulture,
        $"{facts.Mode} to {facts.Size[0]} × {facts.Size[1]}{Edge(facts)}, {Margin(facts)}{Kind(facts)}"
        + $"mean {Join(facts.Mean)}, std {Join(facts.Std)} ({facts.Source})");

    private static string Edge(PreprocessingDescription facts) =>
        facts.Edge is { } edge ? string.Create(CultureInfo.InvariantCulture, $" from {edge}") : "";

    // What is usual goes without saying: bicubic, bytes, black.
    private static string Kind(PreprocessingDescription facts) =>
        (facts.Interpolation == "bilinear" ? "bilinear, " : "")
        + (facts.Samples == "float32" ? "not rounded to bytes, " : "")
        + (facts.Fill is { } fill ? $"border {string.Join(' ', fill)}, " : "");

    private static string Margin(PreprocessingDescription facts) => facts.CropFraction is { } fraction and < 1
        ? string.Create(CultureInfo.InvariantCulture, $"crop_pct {fraction}, ")
        : "";

    private static string Join(IEnumerable<float> channels) =>
        string.Join(' ', channels.Select(channel => channel.ToString(CultureInfo.InvariantCulture)));
}
