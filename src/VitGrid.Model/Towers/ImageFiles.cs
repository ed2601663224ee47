using System.Collections.Immutable;
using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;

namespace VitGrid.Model.Towers;

/// <summary>What a class does with images where its checkpoint's files say nothing.</summary>
/// <param name="Source">Whose class it is, for people.</param>
/// <param name="Crops">Whether the short side is resized and the centre cut out; otherwise both sides are squashed.</param>
/// <param name="Mean">Red, green, blue.</param>
/// <param name="StandardDeviation">Red, green, blue.</param>
internal sealed record ImageDefaults(
    string Source, bool Crops, ImmutableArray<float> Mean, ImmutableArray<float> StandardDeviation)
{
    /// <summary>OpenAI's channel means, which CLIP was trained with.</summary>
    public static ImmutableArray<float> OpenAiMean { get; } = [0.48145466f, 0.4578275f, 0.40821073f];

    /// <summary>OpenAI's channel deviations.</summary>
    public static ImmutableArray<float> OpenAiStandardDeviation { get; } = [0.26862954f, 0.26130258f, 0.27577711f];

    /// <summary>−1…1.</summary>
    public static ImmutableArray<float> Half { get; } = [0.5f, 0.5f, 0.5f];

    /// <summary>Side of the image; null: the encoder's own.</summary>
    public int? Size { get; init; }

    /// <summary>What the short side is resized to before a smaller centre is cut out; null: the image's side.</summary>
    public int? ShortestEdge { get; init; }
}

/// <summary>Reads size, mean and deviation of a checkpoint's images, and how they are brought to that size.</summary>
internal static class ImageFiles
{
    /// <summary>Reads <c>processor_config.json</c> or <c>preprocessor_config.json</c>.</summary>
    public static ImagePreprocessing Read(string directory, EncoderArchitecture architecture, ImageDefaults defaults)
    {
        int native = defaults.Size ?? architecture.ImageSize;
        if (Find(directory) is not { } file)
        {
            return Image(defaults.Crops, native, defaults.ShortestEdge ?? native, defaults.Mean, defaults.StandardDeviation)
                with { Source = defaults.Source };
        }
        bool shortest = file.IsObject("size") ? file.Section("size")!.Has("shortest_edge") : defaults.Crops;
        bool crops = shortest && (file.Flag("do_center_crop") ?? defaults.Crops);
        int edge = Side(file, "size") ?? native;
        int size = crops ? Side(file, "crop_size") ?? edge : edge;
        bool normalises = file.Flag("do_normalize") ?? true;
        return Image(
            crops,
            size,
            edge,
            normalises ? file.Channels("image_mean") ?? defaults.Mean : [0, 0, 0],
            normalises ? file.Channels("image_std") ?? defaults.StandardDeviation : [1, 1, 1]) with { Source = file.Name };
    }

    /// <summary>Reads timm's <c>pretrained_cfg</c>.</summary>
    public static ImagePreprocessing ReadTimm(JsonSection config, EncoderArchitecture architecture)
    {
        int size = config.Integers("input_size") is [_, var height, _] ? height : architecture.ImageSize;
        return new(
            config.Text("crop_mode") == "squash" ? ResizeMode.Squash : ResizeMode.Timm,
            size,
            config.Number("crop_pct") is > 0 and <= 1 and var fraction ? fraction : 1,
            config.Channels("mean") ?? ImagePreprocessing.ImageNetMean,
            config.Channels("std") ?? ImagePreprocessing.ImageNetStandardDeviation)
        {
            Source = config.Name,
        };
    }

    /// <summary>Reads OpenCLIP's <c>preprocess_cfg</c>.</summary>
    public static ImagePreprocessing ReadOpenClip(JsonSection config, EncoderArchitecture architecture) => new(
        config.Text("resize_mode") == "squash" ? ResizeMode.Squash : ResizeMode.Timm,
        config.Integer("size") ?? architecture.ImageSize,
        1,
        config.Channels("mean") ?? ImageDefaults.OpenAiMean,
        config.Channels("std") ?? ImageDefaults.OpenAiStandardDeviation)
    {
        Source = config.Name,
    };

    private static ImagePreprocessing Image(
        bool crops, int size, int edge, ImmutableArray<float> mean, ImmutableArray<float> deviation) => (crops, edge > size) switch
        {
            (false, _) => new(ResizeMode.Squash, size, 1, mean, deviation),
            (true, false) => new(ResizeMode.Crop, size, 1, mean, deviation),
            _ => new(ResizeMode.Timm, size, (double)size / edge, mean, deviation),
        };

    private static JsonSection? Find(string directory)
    {
        string processor = Path.Combine(directory, "processor_config.json"), older = Path.Combine(directory, "preprocessor_config.json");
        JsonSection? nested = File.Exists(processor) ? JsonSection.Read(processor).Section("image_processor") : null;
        return nested ?? (File.Exists(older) ? JsonSection.Read(older) : null);
    }

    private static int? Side(JsonSection file, string key)
    {
        if (!file.IsObject(key))
            return file.Side(key);
        JsonSection size = file.Section(key)!;
        return size.Integer("shortest_edge") ?? size.Integer("height");
    }
}
