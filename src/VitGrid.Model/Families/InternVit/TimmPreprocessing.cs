using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;

namespace VitGrid.Model.Families.InternVit;

/// <summary>
/// timm's <c>pretrained_cfg</c>, or the same keys at the root of an old file. Keys that are not stated mean what timm's own entry for
/// InternViT says: the position embedding's size, bicubic, no margin, ImageNet statistics.
/// </summary>
internal static class TimmPreprocessing
{
    public static ImagePreprocessing Read(JsonSection file, EncoderArchitecture architecture)
    {
        JsonSection config = file.Section("pretrained_cfg") ?? file;
        if (config.Text("interpolation") is not (null or "bicubic"))
            throw config.Refuse("interpolation", "only \"bicubic\", with which InternViT was trained, is served");
        if (config.Text("crop_mode") is not (null or "center"))
            throw config.Refuse("crop_mode", "only \"center\" is served");
        var deviation = config.Channels("std") ?? ImagePreprocessing.ImageNetStandardDeviation;
        if (!deviation.All(value => value > 0))
            throw config.Refuse("std", "expected numbers above 0");
        var mean = config.Channels("mean") ?? ImagePreprocessing.ImageNetMean;
        return new(ResizeMode.Timm, Size(file, config, architecture), CropFraction(config), mean, deviation) { Source = config.Name };
    }

    private static double CropFraction(JsonSection config)
    {
        double fraction = config.Number("crop_pct") ?? 1;
        return fraction is > 0 and <= 1 ? fraction : throw config.Refuse("crop_pct", "expected a number above 0 and at most 1");
    }

    /// <summary>
    /// timm builds the model at <c>img_size</c>, resamples the stored position embedding to it, and again for images of another size.
    /// Here it is resampled once, from the stored one, so at most one of the two steps may have something to do.
    /// </summary>
    private static int Size(JsonSection file, JsonSection config, EncoderArchitecture architecture)
    {
        JsonSection? arguments = file.Section("model_args");
        int? model = arguments?.Side("img_size");
        int size = InputSize(config, architecture) ?? model ?? architecture.ImageSize;
        return model is null || model == architecture.ImageSize || model == size
            ? size
            : throw arguments!.Refuse(
                "img_size",
                $"the stored pos_embed is for {architecture.ImageSize} pixels and images have {size}: it would be resampled twice; " +
                $"state {architecture.ImageSize} or {size}");
    }

    private static int? InputSize(JsonSection config, EncoderArchitecture architecture)
    {
        if (config.Integers("input_size") is not { } size)
            return null;
        if (size is not [3, > 0, > 0] || size[1] != size[2])
            throw config.Refuse("input_size", "expected [3, S, S]: only square input of three channels is served");
        return size[1] % architecture.PatchSize == 0
            ? size[1]
            : throw config.Refuse("input_size", $"timm takes whole patches only: the side must be a multiple of {architecture.PatchSize}");
    }
}
