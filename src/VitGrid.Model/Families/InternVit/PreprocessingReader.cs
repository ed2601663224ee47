using System.Collections.Immutable;
using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Preprocessing;

namespace VitGrid.Model.Families.InternVit;

/// <summary>
/// Reads what a checkpoint says about its images. timm's <c>pretrained_cfg</c> is the whole truth of a timm checkpoint; elsewhere it is
/// <c>image_processor</c> of <c>processor_config.json</c>, the only file that transformers 5 writes and the one it prefers, then
/// <c>preprocessor_config.json</c>. Without either the class decides: transformers' squashes, OpenGVLab's encoders are used with a crop,
/// both with ImageNet's statistics at the size the encoder runs at.
/// </summary>
internal static class PreprocessingReader
{
    private static readonly string[] SquashingTypes = ["GotOcr2ImageProcessor", "InternVLImageProcessor", "InternS1ImageProcessor"];

    public static ImagePreprocessing Read(string directory, CheckpointConfig config, EncoderArchitecture architecture)
    {
        if (config.Source == ConfigSource.Timm)
            return TimmPreprocessing.Read(config.File, architecture);
        return ProcessorFiles.Find(directory) is { } processor
            ? ReadProcessor(processor, config.Source)
            : WithoutFile(config, architecture);
    }

    private static ImagePreprocessing WithoutFile(CheckpointConfig config, EncoderArchitecture architecture)
    {
        bool squashes = config.Source == ConfigSource.Transformers;
        return new ImagePreprocessing(
            squashes ? ResizeMode.Squash : ResizeMode.Crop,
            config.Encoder.ForcedImageSize?.Value ?? architecture.ImageSize,
            1,
            ImagePreprocessing.ImageNetMean,
            ImagePreprocessing.ImageNetStandardDeviation)
        {
            Source = squashes
                ? $"no {ProcessorFiles.Processor} or {ProcessorFiles.Preprocessor}: what transformers' class does"
                : $"no {ProcessorFiles.Preprocessor}: what OpenGVLab's encoders are used with",
        };
    }

    private static ImagePreprocessing ReadProcessor(JsonSection file, ConfigSource source)
    {
        RefuseOtherSteps(file);
        (ResizeMode mode, int size) = Resize(file, source);
        (var mean, var deviation) = file.Flag("do_normalize") is false
            ? ([0, 0, 0], [1, 1, 1])
            : (Required(file, "image_mean"), Required(file, "image_std"));
        return deviation.All(value => value > 0)
            ? new ImagePreprocessing(mode, size, 1, mean, deviation) { Source = file.Name }
            : throw file.Refuse("image_std", "expected numbers above 0");
    }

    private static void RefuseOtherSteps(JsonSection file)
    {
        if (file.Flag("do_resize") is false)
            throw file.Refuse("do_resize", "images of any size are served, so they must be resized: state true");
        if (file.Flag("do_rescale") is false)
            throw file.Refuse("do_rescale", "the encoder's input is in units of full scale: state true");
        if (file.Number("rescale_factor") is { } factor && Math.Abs((factor * 255) - 1) > 1e-6)
            throw file.Refuse("rescale_factor", "only 1/255 is served");
        if (file.IsText("resample") ? file.Text("resample") != "bicubic" : file.Integer("resample") is not (null or 3))
            throw file.Refuse("resample", "only 3 (bicubic), with which InternViT was trained, is served");
    }

    private static (ResizeMode Mode, int Size) Resize(JsonSection file, ConfigSource source)
    {
        string key = file.Has("image_processor_type") ? "image_processor_type" : "feature_extractor_type";
        string type = file.Text(key) ?? (source == ConfigSource.Transformers ? SquashingTypes[0] : "CLIPImageProcessor");
        if (type.StartsWith("CLIP", StringComparison.Ordinal))
            return ResizeClip(file);
        return SquashingTypes.Any(name => type.StartsWith(name, StringComparison.Ordinal))
            ? (ResizeMode.Squash, SquashedSize(file))
            : throw file.Refuse(key, $"known are those whose names begin with CLIP, {string.Join(" or ", SquashingTypes)}");
    }

    /// <summary>Transformers' class crops only where it is told to, and a crop to the same size changes nothing.</summary>
    private static int SquashedSize(JsonSection file)
    {
        int size = WholeSize(file);
        return file.Flag("do_center_crop") is true && CropSize(file) != size
            ? throw file.Refuse("crop_size", $"it must equal \"size\", {size}: a margin around the crop is not served")
            : size;
    }

    /// <summary>
    /// A bare number or <c>shortest_edge</c> is the short side and needs the crop; <c>height</c> and <c>width</c> ignore the aspect
    /// ratio, and a crop to the same size changes nothing.
    /// </summary>
    private static (ResizeMode Mode, int Size) ResizeClip(JsonSection file)
    {
        bool crops = file.Flag("do_center_crop") ?? true;
        bool squashes = file.IsObject("size") && !file.Section("size")!.Has("shortest_edge");
        int size = squashes ? WholeSize(file) : ShortSide(file);
        if (!squashes && !crops)
            throw file.Refuse("do_center_crop", "a resized short side alone leaves images that are not square: state true");
        if (crops && CropSize(file) != size)
            throw file.Refuse("crop_size", $"it must equal \"size\", {size}: a margin around the crop is not served");
        return (squashes ? ResizeMode.Squash : ResizeMode.Crop, size);
    }

    private static int ShortSide(JsonSection file) =>
        Positive(file, file.IsObject("size") ? file.Section("size")!.Integer("shortest_edge") : file.Integer("size"));

    private static int WholeSize(JsonSection file) =>
        Positive(file, file.IsObject("size") ? EqualSides(file, "size") : file.Side("size"));

    private static int CropSize(JsonSection file) =>
        (file.IsObject("crop_size") ? EqualSides(file, "crop_size") : file.Side("crop_size"))
            ?? throw file.Refuse("crop_size", "the class would assume 224: state it");

    private static int? EqualSides(JsonSection file, string key)
    {
        JsonSection section = file.Section(key)!;
        int? height = section.Integer("height");
        return height == section.Integer("width")
            ? height
            : throw file.Refuse(key, "expected equal height and width: only square input is served");
    }

    private static int Positive(JsonSection file, int? size) =>
        size is > 0
            ? size.Value
            : throw file.Refuse("size", "expected pixels: a number above 0, {\"shortest_edge\"} or {\"height\", \"width\"}");

    /// <summary>The classes' own defaults are CLIP's numbers, with which no InternViT was trained: a silent way to wrong vectors.</summary>
    private static ImmutableArray<float> Required(JsonSection file, string key) =>
        file.Channels(key) ?? throw file.Refuse(
            key,
            "state the numbers the encoder was trained with: ImageNet's mean 0.485 0.456 0.406 and std 0.229 0.224 0.225 " +
            "for the published ones");
}
