using VitGrid.Model.Encoders;

namespace VitGrid.Model.Tests.Preprocessing;

/// <summary>timm's <c>pretrained_cfg</c> and OpenCLIP's <c>preprocess_cfg</c>.</summary>
public sealed class ConfigPreprocessingTests
{
    [Theory]
    [InlineData("center", ResizeMode.Timm, 0.9, null)]
    [InlineData("squash", ResizeMode.Squash, 1.0, 248)]
    [InlineData("border", ResizeMode.Border, 1.0, 248)]
    public void Timms_crop_mode_decides_what_the_margin_is_cut_from(string mode, ResizeMode expected, double fraction, int? edge)
    {
        ImagePreprocessing read = Timm(
            $$"""
            {"input_size":[3,224,224],"crop_pct":0.9,"crop_mode":"{{mode}}","interpolation":"bilinear",
             "mean":[0.5,0.5,0.5],"std":[0.25,0.5,1]}
            """);
        Assert.Equal((expected, 224, fraction, edge), (read.Mode, read.Size, read.CropFraction, read.Edge));
        Assert.Equal((CropRounding.HalfToEven, Interpolation.Bilinear), (read.Rounding, read.Interpolation));
        Assert.Equal([0.25f, 0.5f, 1], read.StandardDeviation.AsEnumerable());
        Assert.Equal("config.json: pretrained_cfg", read.Source);
        // round(127.5), half to even.
        Assert.Equal(mode == "border" ? new FillColour(128, 128, 128) : default, read.Fill);
    }

    [Fact]
    public void A_border_has_the_colour_of_the_mean() => Assert.Equal(
        new FillColour(123, 117, 104), Timm("""{"crop_mode":"border","mean":[0.48145466,0.4578275,0.40821073]}""").Fill);

    [Fact]
    public void What_timms_file_leaves_out_means_timms_defaults_at_the_encoders_size()
    {
        ImagePreprocessing read = Timm("{}");
        Assert.Equal((ResizeMode.Timm, 96, 0.875, Interpolation.Bicubic), (read.Mode, read.Size, read.CropFraction, read.Interpolation));
        Assert.Equal(ImagePreprocessing.ImageNetMean.AsEnumerable(), read.Mean);
        Assert.Equal(ImagePreprocessing.ImageNetStandardDeviation.AsEnumerable(), read.StandardDeviation);
    }

    [Fact]
    public void An_old_file_has_timms_keys_at_the_root()
    {
        ImagePreprocessing read = StatedPreprocessing.Config(
            "config.json", """{"architecture":"vit_base_patch16_224","input_size":[3,224,224],"crop_pct":1,"interpolation":"bilinear"}""");
        Assert.Equal((224, 1.0, Interpolation.Bilinear, "config.json"), (read.Size, read.CropFraction, read.Interpolation, read.Source));
    }

    [Theory]
    [InlineData("""{"crop_mode":"random"}""", "pretrained_cfg.crop_mode\" is \"random\"; known are \"center\", \"squash\" and \"border\"")]
    [InlineData("""{"interpolation":"lanczos"}""", "pretrained_cfg.interpolation\" is \"lanczos\"; only \"bicubic\" and \"bilinear\"")]
    [InlineData("""{"crop_pct":1.1}""", "pretrained_cfg.crop_pct\" is 1.1; expected a number above 0 and at most 1")]
    [InlineData("""{"crop_pct":0.001}""", "pretrained_cfg.crop_pct\" is 0.001; expected pixels, 1 to 8192")]
    [InlineData("""{"input_size":[3,224,192]}""", "pretrained_cfg.input_size\" is [3,224,192]; expected [3, S, S]")]
    [InlineData("""{"input_size":[1,224,224]}""", "expected [3, S, S]")]
    [InlineData("""{"std":[0,1,1]}""", "pretrained_cfg.std\"")]
    public void What_timms_file_asks_for_and_is_not_served_is_refused_by_key_and_value(string json, string expected) => Assert.Contains(
        expected, StatedPreprocessing.Refusal(() => Timm(json)), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{}""", ResizeMode.Crop, Interpolation.Bicubic, 0)]
    [InlineData("""{"resize_mode":"shortest","interpolation":"bilinear","fill_color":9}""", ResizeMode.Crop, Interpolation.Bilinear, 0)]
    [InlineData("""{"resize_mode":"squash"}""", ResizeMode.Squash, Interpolation.Bicubic, 0)]
    [InlineData("""{"resize_mode":"longest","fill_color":127}""", ResizeMode.Border, Interpolation.Bicubic, 127)]
    [InlineData("""{"resize_mode":"longest","fill_color":[127,127,127]}""", ResizeMode.Border, Interpolation.Bicubic, 127)]
    public void OpenClips_modes_are_read_at_the_towers_size(string json, ResizeMode mode, Interpolation kernel, byte fill)
    {
        ImagePreprocessing read = OpenClip(json);
        Assert.Equal((mode, 96, null, kernel), (read.Mode, read.Size, read.Edge, read.Interpolation));
        Assert.Equal((CropRounding.HalfToEven, new FillColour(fill, fill, fill)), (read.Rounding, read.Fill));
        Assert.Equal(ImagePreprocessing.OpenAiMean.AsEnumerable(), read.Mean);
        Assert.Equal("open_clip_config.json: preprocess_cfg", read.Source);
    }

    [Fact]
    public void Without_a_section_OpenClip_does_what_it_does_for_OpenAis_models()
    {
        ImagePreprocessing read = StatedPreprocessing.Config("open_clip_config.json", """{"model_cfg":{}}""");
        Assert.Equal((ResizeMode.Crop, 96), (read.Mode, read.Size));
        Assert.Contains("no preprocess_cfg in open_clip_config.json", read.Source, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"resize_mode":"stretch"}""", "preprocess_cfg.resize_mode\" is \"stretch\"; known are")]
    [InlineData("""{"interpolation":"random"}""", "preprocess_cfg.interpolation\" is \"random\"")]
    [InlineData("""{"resize_mode":"longest","fill_color":256}""", "preprocess_cfg.fill_color\" is 256; expected a number from 0 to 255")]
    [InlineData("""{"resize_mode":"longest","fill_color":[1,2]}""", "preprocess_cfg.fill_color\" is [1,2]")]
    [InlineData("""{"mode":"L"}""", "preprocess_cfg.mode\" is \"L\"; only \"RGB\"")]
    [InlineData("""{"std":[0,1,1]}""", "preprocess_cfg.std\"")]
    public void What_OpenClips_file_asks_for_and_is_not_served_is_refused_by_key_and_value(string json, string expected) => Assert.Contains(
        expected, StatedPreprocessing.Refusal(() => OpenClip(json)), StringComparison.Ordinal);

    private static ImagePreprocessing Timm(string pretrained) => StatedPreprocessing.Config(
        "config.json", $$"""{"architecture":"vit_base_patch16_224","pretrained_cfg":{{pretrained}}}""");

    private static ImagePreprocessing OpenClip(string preprocess) => StatedPreprocessing.Config(
        "open_clip_config.json", $$"""{"model_cfg":{},"preprocess_cfg":{{preprocess}}}""");
}
