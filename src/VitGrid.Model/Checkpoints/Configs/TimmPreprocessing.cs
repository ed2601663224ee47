namespace VitGrid.Model.Checkpoints.Configs;

/// <summary>
/// timm's <c>pretrained_cfg</c>. Keys that are not stated mean what timm's own entry for InternViT says: the position
/// embedding's size, bicubic, no margin, ImageNet statistics.
/// </summary>
internal static class TimmPreprocessing
{
    public static ImagePreprocessing Read(JsonSection? config, EncoderArchitecture architecture)
    {
        config ??= JsonSection.Empty("config.json", "pretrained_cfg");
        if (config.Text("interpolation") is not (null or "bicubic"))
            throw config.Refuse("interpolation", "only \"bicubic\", with which InternViT was trained, is served");
        if (config.Text("crop_mode") is not (null or "center"))
            throw config.Refuse("crop_mode", "only \"center\" is served");
        var deviation = config.Channels("std") ?? ImagePreprocessing.ImageNetStandardDeviation;
        if (!deviation.All(value => value > 0))
            throw config.Refuse("std", "expected numbers above 0");
        var mean = config.Channels("mean") ?? ImagePreprocessing.ImageNetMean;
        return new(ResizeMode.Timm, Size(config, architecture), CropFraction(config), mean, deviation);
    }

    private static double CropFraction(JsonSection config)
    {
        double fraction = config.Number("crop_pct") ?? 1;
        return fraction is > 0 and <= 1 ? fraction : throw config.Refuse("crop_pct", "expected a number above 0 and at most 1");
    }

    private static int Size(JsonSection config, EncoderArchitecture architecture)
    {
        if (config.Integers("input_size") is not { } size)
            return architecture.ImageSize;
        if (size is not [3, > 0, > 0] || size[1] != size[2])
            throw config.Refuse("input_size", "expected [3, S, S]: only square input of three channels is served");
        return size[1] % architecture.PatchSize == 0
            ? size[1]
            : throw config.Refuse("input_size", $"timm takes whole patches only: the side must be a multiple of {architecture.PatchSize}");
    }
}
