using System.Collections.Immutable;
using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;

namespace VitGrid.Model.Preprocessing;

/// <summary>What one of transformers' image processors does with the keys that its file leaves out.</summary>
internal sealed record ImageProcessorClass
{
    private const string Type = "image_processor_type";
    private const string OldType = "feature_extractor_type";
    private const string OldSuffix = "FeatureExtractor";

    // A back end's name behind the class's: the same recipe.
    private static readonly string[] BackEnds = ["Fast", "Pil"];

    private static readonly ImageProcessorClass Clip = new()
    {
        IsSquare = false,
        Size = 224,
        Interpolation = Interpolation.Bicubic,
        CropSize = 224,
        Mean = ImagePreprocessing.OpenAiMean,
        StandardDeviation = ImagePreprocessing.OpenAiStandardDeviation,
    };

    private static readonly ImageProcessorClass Siglip = new()
    {
        IsSquare = true,
        Size = 224,
        Interpolation = Interpolation.Bicubic,
        Mean = ImagePreprocessing.Halves,
        StandardDeviation = ImagePreprocessing.Halves,
    };

    private static readonly ImageProcessorClass Deit = Siglip with { Size = 256, CropSize = 224 };

    private static readonly Dictionary<string, ImageProcessorClass> Known = new(StringComparer.Ordinal)
    {
        ["BeitImageProcessor"] = Deit,
        ["BitImageProcessor"] = Clip,
        ["CLIPImageProcessor"] = Clip,
        ["DINOv3ViTImageProcessor"] = Siglip with
        {
            Interpolation = Interpolation.Bilinear,
            Samples = PixelType.Single,
            Mean = ImagePreprocessing.ImageNetMean,
            StandardDeviation = ImagePreprocessing.ImageNetStandardDeviation,
        },
        ["DeiTImageProcessor"] = Deit,
        ["GotOcr2ImageProcessor"] = Siglip with
        {
            Size = 384, Mean = ImagePreprocessing.OpenAiMean, StandardDeviation = ImagePreprocessing.OpenAiStandardDeviation,
        },
        ["SiglipImageProcessor"] = Siglip,
        ["ViTImageProcessor"] = Siglip with { Interpolation = Interpolation.Bilinear },
    };

    /// <summary>Whether a size that is one number means both sides; else it means the short one.</summary>
    public required bool IsSquare { get; init; }

    /// <summary>The size, in pixels.</summary>
    public required int Size { get; init; }

    /// <summary>The kernel.</summary>
    public required Interpolation Interpolation { get; init; }

    /// <summary>Side of the centre that is cut out; null where none is.</summary>
    public int? CropSize { get; init; }

    /// <summary>Mean of the channels.</summary>
    public required ImmutableArray<float> Mean { get; init; }

    /// <summary>Their deviation.</summary>
    public required ImmutableArray<float> StandardDeviation { get; init; }

    /// <summary>Whether samples are rounded to bytes.</summary>
    public PixelType Samples { get; init; }

    /// <summary>The class that a file names, by its present or its former key; <paramref name="fallback"/> where it names none.</summary>
    /// <exception cref="Tensors.CheckpointException">A class that is not known.</exception>
    public static ImageProcessorClass Find(JsonSection file, string fallback)
    {
        string key = file.Has(Type) ? Type : OldType;
        string name = WithoutBackEnd(file.Text(key) ?? fallback);
        if (name.EndsWith(OldSuffix, StringComparison.Ordinal))
            name = name[..^OldSuffix.Length] + "ImageProcessor";
        if (name == "Siglip2ImageProcessor")
            throw file.Refuse(key, "it cuts images of any shape into a varying number of patches, which is not served: use a checkpoint of "
                + "fixed size, whose file names SiglipImageProcessor");
        return Known.TryGetValue(name, out ImageProcessorClass? found)
            ? found
            : throw file.Refuse(key, $"known are {string.Join(", ", Known.Keys)}; state the one whose steps the encoder was trained with");
    }

    private static string WithoutBackEnd(string name) =>
        BackEnds.FirstOrDefault(end => name.EndsWith(end, StringComparison.Ordinal)) is { } suffix ? name[..^suffix.Length] : name;
}
