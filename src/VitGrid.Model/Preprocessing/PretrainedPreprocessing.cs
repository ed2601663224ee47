using System.Collections.Immutable;
using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;

namespace VitGrid.Model.Preprocessing;

/// <summary>
/// timm's <c>pretrained_cfg</c>, or the same keys at the root of an old file, as its evaluation transform reads them. A key that is missing
/// means the default of timm's <c>PretrainedCfg</c>; a size that is missing, the encoder's own.
/// </summary>
internal static class PretrainedPreprocessing
{
    /// <summary>timm's <c>DEFAULT_CROP_PCT</c>.</summary>
    private const double DefaultCropFraction = 0.875;

    /// <summary>Reads it from timm's <c>config.json</c>.</summary>
    /// <exception cref="Tensors.CheckpointException">It is malformed, or asks for what is not served.</exception>
    public static ImagePreprocessing Read(JsonSection file, int encoderSize)
    {
        JsonSection config = file.Section("pretrained_cfg") ?? file;
        int size = Size(config) ?? encoderSize;
        double fraction = CropFraction(config);
        int edge = StatedNumbers.Side(config, "crop_pct", (int)Math.Floor(size / fraction));
        ImmutableArray<float> mean = config.Channels("mean") ?? ImagePreprocessing.ImageNetMean;
        ImmutableArray<float> deviation = StatedNumbers.Deviations(config, "std", ImagePreprocessing.ImageNetStandardDeviation);
        ImagePreprocessing read = config.Text("crop_mode") switch
        {
            null or "center" => new(ResizeMode.Timm, size, fraction, mean, deviation),
            "squash" => new(ResizeMode.Squash, size, 1, mean, deviation) { Edge = edge },
            "border" => new(ResizeMode.Border, size, 1, mean, deviation) { Edge = edge, Fill = Grey(mean) },
            _ => throw config.Refuse("crop_mode", "known are \"center\", \"squash\" and \"border\""),
        };
        return read with
        {
            Rounding = CropRounding.HalfToEven,
            Interpolation = StatedNumbers.Kernel(config, "interpolation", Interpolation.Bicubic),
            Source = config.Name,
        };
    }

    /// <summary>What lies around an image: its training's mean, <c>round(255 * v)</c>, half to even.</summary>
    private static FillColour Grey(ImmutableArray<float> mean) => new(Level(mean[0]), Level(mean[1]), Level(mean[2]));

    private static byte Level(float mean) =>
        (byte)Math.Clamp(Math.Round(255.0 * mean, MidpointRounding.ToEven), 0, 255);

    private static double CropFraction(JsonSection config)
    {
        double fraction = config.Number("crop_pct") ?? DefaultCropFraction;
        return fraction is > 0 and <= 1 ? fraction : throw config.Refuse("crop_pct", "expected a number above 0 and at most 1");
    }

    private static int? Size(JsonSection config)
    {
        if (config.Integers("input_size") is not { } size)
            return null;
        return size is [3, > 0, > 0] && size[1] == size[2]
            ? StatedNumbers.Side(config, "input_size", size[1])
            : throw config.Refuse("input_size", "expected [3, S, S]: only square input of three channels is served");
    }
}
