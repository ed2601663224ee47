using System.Collections.Immutable;

namespace VitGrid.Model.Checkpoints.Configs;

/// <summary>
/// Reads what a checkpoint says about its images. timm's <c>pretrained_cfg</c> is the whole truth of a timm checkpoint;
/// elsewhere it is <c>preprocessor_config.json</c>; without that file the published encoders' pipeline holds: crop at the
/// position embedding's own size, ImageNet statistics.
/// </summary>
internal static class PreprocessingReader
{
    private const string FileName = "preprocessor_config.json";

    private static readonly string[] SquashingTypes = ["GotOcr2ImageProcessor", "InternVLImageProcessor"];

    public static ImagePreprocessing Read(string directory, CheckpointConfig config, EncoderArchitecture architecture)
    {
        if (config.FromTimm)
            return TimmPreprocessing.Read(config.PretrainedConfig, architecture);
        string file = Path.Combine(directory, FileName);
        return File.Exists(file)
            ? ReadProcessor(JsonSection.Read(file))
            : new ImagePreprocessing(
                ResizeMode.Crop, architecture.ImageSize, 1, ImagePreprocessing.ImageNetMean, ImagePreprocessing.ImageNetStandardDeviation);
    }

    private static ImagePreprocessing ReadProcessor(JsonSection file)
    {
        RefuseOtherSteps(file);
        (ResizeMode mode, int size) = Resize(file);
        (var mean, var deviation) = file.Flag("do_normalize") is false
            ? ([0, 0, 0], [1, 1, 1])
            : (Required(file, "image_mean"), Required(file, "image_std"));
        return deviation.All(value => value > 0)
            ? new ImagePreprocessing(mode, size, 1, mean, deviation)
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

    private static (ResizeMode Mode, int Size) Resize(JsonSection file)
    {
        string type = file.Text("image_processor_type") ?? file.Text("feature_extractor_type") ?? "CLIPImageProcessor";
        if (type.StartsWith("CLIP", StringComparison.Ordinal))
            return ResizeClip(file);
        return SquashingTypes.Any(name => type.StartsWith(name, StringComparison.Ordinal))
            ? (ResizeMode.Squash, WholeSize(file))
            : throw file.Refuse(
                file.Has("image_processor_type") ? "image_processor_type" : "feature_extractor_type",
                "known are those whose names begin with CLIP, GotOcr2ImageProcessor or InternVLImageProcessor");
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
            "state the numbers the encoder was trained with: ImageNet's mean 0.485 0.456 0.406 and std 0.229 0.224 0.225 for the published ones");
}
