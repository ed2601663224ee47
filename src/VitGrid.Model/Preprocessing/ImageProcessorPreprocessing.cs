using System.Collections.Immutable;
using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;

namespace VitGrid.Model.Preprocessing;

/// <summary>
/// transformers' <c>preprocessor_config.json</c>, or <c>image_processor</c> of <c>processor_config.json</c>: resize, centre crop, rescale,
/// normalise, each as its class does it. A key that is missing means the class's own default.
/// </summary>
internal static class ImageProcessorPreprocessing
{
    private const double FullScale = 255;

    // Steps of other classes that change pixels: what they would do is not done silently.
    private static readonly string[] OtherSteps =
        ["do_pad", "do_flip_channel_order", "do_thumbnail", "do_align_long_axis", "do_crop_margin"];

    // Resampling filters by Pillow's numbers, which are also those of transformers' enumeration.
    private static readonly string[] Filters = ["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"];

    /// <summary>Reads it.</summary>
    /// <param name="file">The section.</param>
    /// <param name="fallback">The class of a file that names none.</param>
    /// <exception cref="CheckpointException">It is malformed, or asks for what is not served.</exception>
    public static ImagePreprocessing Read(JsonSection file, string fallback)
    {
        ImageProcessorClass known = ImageProcessorClass.Find(file, fallback);
        RefuseOtherSteps(file);
        (ResizeMode mode, int edge, int size) = Sizes(file, known);
        (ImmutableArray<float> mean, ImmutableArray<float> deviation) = Statistics(file, known);
        return new(mode, size, 1, mean, deviation)
        {
            Edge = edge == size ? null : edge,
            Interpolation = Kernel(file, known.Interpolation),
            Samples = known.Samples,
            Source = file.Name,
        };
    }

    private static void RefuseOtherSteps(JsonSection file)
    {
        if (file.Flag("do_resize") is false)
            throw file.Refuse("do_resize", "images of any size are served, so they must be resized: state true");
        if (file.Has("crop_pct"))
            throw file.Refuse("crop_pct", "a resize that depends on it is not served: state \"size\" and \"crop_size\" instead");
        if (file.Flag("crop_to_patches") is true)
            throw file.Refuse("crop_to_patches", "one input is made of each image: state false, and ask for tiles with a request");
        foreach (string step in OtherSteps)
        {
            if (file.Flag(step) is true)
                throw file.Refuse(step, "this step is not served: state false, and do it before images are sent");
        }
    }

    /// <summary>
    /// <c>shortest_edge</c>, and a bare number where the class means the short side by it, keep the aspect ratio and need the crop;
    /// <c>height</c> and <c>width</c> ignore it.
    /// </summary>
    private static (ResizeMode Mode, int Edge, int Size) Sizes(JsonSection file, ImageProcessorClass known)
    {
        bool crops = file.Flag("do_center_crop") ?? known.CropSize is not null;
        // A class that squashes has no short side: without a crop, files that name one mean both.
        bool isShort = IsShortSide(file, known), keepsRatio = isShort && (crops || !known.IsSquare);
        int edge = StatedNumbers.Side(file, "size", (isShort ? ShortSide(file) : WholeSide(file, "size")) ?? known.Size);
        if (keepsRatio && !crops)
            throw file.Refuse(
                "do_center_crop", "a resized short side alone leaves images that are not square, and only square input is served: "
                + "state true with \"crop_size\", or \"size\" with \"height\" and \"width\"");
        int size = crops
            ? StatedNumbers.Side(file, "crop_size", WholeSide(file, "crop_size") ?? known.CropSize ?? NoCropSize(file))
            : edge;
        return (keepsRatio ? ResizeMode.Crop : ResizeMode.Squash, edge, size);
    }

    private static bool IsShortSide(JsonSection file, ImageProcessorClass known)
    {
        if (!file.IsObject("size"))
            return !known.IsSquare && !file.IsArray("size");
        JsonSection size = file.Section("size")!;
        if (size.Has("longest_edge"))
            throw file.Refuse("size", "a bound on the long side is not served: state \"shortest_edge\" alone, or \"height\" and \"width\"");
        return size.Has("shortest_edge");
    }

    private static int? ShortSide(JsonSection file) =>
        file.IsObject("size") ? file.Section("size")!.Integer("shortest_edge") : file.Integer("size");

    private static int? WholeSide(JsonSection file, string key)
    {
        if (!file.IsObject(key))
            return file.Side(key);
        JsonSection section = file.Section(key)!;
        int? height = section.Integer("height");
        return height is not null && height == section.Integer("width")
            ? height
            : throw file.Refuse(key, "expected equal \"height\" and \"width\": only square input is served");
    }

    private static int NoCropSize(JsonSection file) =>
        throw file.Refuse("crop_size", "the centre is cut out, and the class has no size for it: state it, or \"do_center_crop\" false");

    private static Interpolation Kernel(JsonSection file, Interpolation fallback)
    {
        if (!file.Has("resample"))
            return fallback;
        string? name = file.IsText("resample") ? file.Text("resample") : Filters.ElementAtOrDefault(file.Integer("resample")!.Value);
        return name switch
        {
            "bicubic" => Interpolation.Bicubic,
            "bilinear" => Interpolation.Bilinear,
            _ => throw file.Refuse("resample", $"{(name is null ? "" : $"that is {name}; ")}only 2 (bilinear) and 3 (bicubic) are served"),
        };
    }

    /// <summary>
    /// Bytes are taken in units of full scale. Another factor is put into the statistics:
    /// (p·f − m) ÷ s = (p ÷ 255 − m ÷ 255f) ÷ (s ÷ 255f).
    /// </summary>
    private static (ImmutableArray<float> Mean, ImmutableArray<float> Deviation) Statistics(JsonSection file, ImageProcessorClass known)
    {
        bool normalises = file.Flag("do_normalize") ?? true;
        ImmutableArray<float> mean = normalises ? file.Channels("image_mean") ?? known.Mean : [0, 0, 0];
        ImmutableArray<float> deviation = normalises
            ? StatedNumbers.Deviations(file, "image_std", known.StandardDeviation)
            : [1, 1, 1];
        double scale = file.Flag("do_rescale") is false ? FullScale : FullScale * Factor(file);
        return Math.Abs(scale - 1) < 1e-6
            ? (mean, deviation)
            : ([.. mean.Select(value => (float)(value / scale))], [.. deviation.Select(value => (float)(value / scale))]);
    }

    private static double Factor(JsonSection file)
    {
        double factor = file.Number("rescale_factor") ?? 1 / FullScale;
        return factor is > 1e-6 and < 1e6 ? factor : throw file.Refuse("rescale_factor", "expected a number above 0, such as 1/255");
    }
}
