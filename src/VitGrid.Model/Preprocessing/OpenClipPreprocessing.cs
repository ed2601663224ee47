using System.Collections.Immutable;
using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;

namespace VitGrid.Model.Preprocessing;

/// <summary>
/// <c>preprocess_cfg</c> of <c>open_clip_config.json</c>, as OpenCLIP's evaluation transform reads it. The size is that of the model's
/// image tower, which OpenCLIP puts in place of the file's.
/// </summary>
internal static class OpenClipPreprocessing
{
    private const string Section = "preprocess_cfg";

    /// <summary>Reads it from <c>open_clip_config.json</c>.</summary>
    /// <exception cref="Tensors.CheckpointException">It is malformed, or asks for what is not served.</exception>
    public static ImagePreprocessing Read(JsonSection file, int encoderSize)
    {
        JsonSection? stated = file.Section(Section);
        JsonSection config = stated ?? JsonSection.Empty(file.File, Section);
        if (config.Text("mode") is not (null or "RGB"))
            throw config.Refuse("mode", "only \"RGB\" is served");
        ResizeMode mode = Mode(config);
        return new(
            mode, encoderSize, 1,
            config.Channels("mean") ?? ImagePreprocessing.OpenAiMean,
            StatedNumbers.Deviations(config, "std", ImagePreprocessing.OpenAiStandardDeviation))
        {
            Rounding = CropRounding.HalfToEven,
            Interpolation = StatedNumbers.Kernel(config, "interpolation", Interpolation.Bicubic),
            Fill = mode == ResizeMode.Border ? Fill(config) : default,
            Source = stated is null ? $"no {Section} in {Path.GetFileName(file.File)}: what OpenCLIP does then" : config.Name,
        };
    }

    private static ResizeMode Mode(JsonSection config) => config.Text("resize_mode") switch
    {
        null or "shortest" => ResizeMode.Crop,
        "squash" => ResizeMode.Squash,
        "longest" => ResizeMode.Border,
        _ => throw config.Refuse("resize_mode", "known are \"shortest\", \"squash\" and \"longest\""),
    };

    private static FillColour Fill(JsonSection config)
    {
        ImmutableArray<int> levels = config.IsArray("fill_color")
            ? config.Integers("fill_color")!.Value
            : [.. Enumerable.Repeat(config.Integer("fill_color") ?? 0, 3)];
        return levels.Length == 3 && levels.All(level => level is >= 0 and <= 255)
            ? new((byte)levels[0], (byte)levels[1], (byte)levels[2])
            : throw config.Refuse("fill_color", "expected a number from 0 to 255, or three of them");
    }
}
