using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;

namespace VitGrid.Model.Tests.Preprocessing;

/// <summary>transformers' files: the class decides what a key means and what a missing one stands for.</summary>
public sealed class ImageProcessorTests
{
    [Theory]
    [InlineData("CLIPImageProcessor", ResizeMode.Crop, null, 224, Interpolation.Bicubic, 0.48145466f)]
    [InlineData("BitImageProcessor", ResizeMode.Crop, null, 224, Interpolation.Bicubic, 0.48145466f)]
    [InlineData("ViTImageProcessor", ResizeMode.Squash, null, 224, Interpolation.Bilinear, 0.5f)]
    [InlineData("SiglipImageProcessor", ResizeMode.Squash, null, 224, Interpolation.Bicubic, 0.5f)]
    [InlineData("DeiTImageProcessor", ResizeMode.Squash, 256, 224, Interpolation.Bicubic, 0.5f)]
    [InlineData("BeitImageProcessor", ResizeMode.Squash, 256, 224, Interpolation.Bicubic, 0.5f)]
    [InlineData("GotOcr2ImageProcessor", ResizeMode.Squash, null, 384, Interpolation.Bicubic, 0.48145466f)]
    [InlineData("DINOv3ViTImageProcessor", ResizeMode.Squash, null, 224, Interpolation.Bilinear, 0.485f)]
    public void A_file_that_states_nothing_means_its_classs_defaults(
        string type, ResizeMode mode, int? edge, int size, Interpolation kernel, float mean)
    {
        ImagePreprocessing named = StatedPreprocessing.Processor($$"""{"image_processor_type":"{{type}}"}""");
        ImagePreprocessing unnamed = StatedPreprocessing.Processor("{}", type);
        foreach (ImagePreprocessing read in (ImagePreprocessing[])[named, unnamed])
        {
            Assert.Equal((mode, edge, size, kernel, mean), (read.Mode, read.Edge, read.Size, read.Interpolation, read.Mean[0]));
            Assert.Equal((CropRounding.Down, "preprocessor_config.json"), (read.Rounding, read.Source));
            Assert.Equal(type.StartsWith("DINOv3", StringComparison.Ordinal) ? PixelType.Single : PixelType.Byte, read.Samples);
        }
    }

    [Theory]
    [InlineData("CLIPFeatureExtractor", "feature_extractor_type")]
    [InlineData("CLIPImageProcessorFast", "image_processor_type")]
    [InlineData("CLIPImageProcessorPil", "image_processor_type")]
    public void A_former_name_and_a_back_end_behind_it_mean_the_same_recipe(string type, string key)
    {
        ImagePreprocessing read = StatedPreprocessing.Processor(
            $$"""{"{{key}}":"{{type}}","size":64,"crop_size":56}""", "ViTImageProcessor");
        Assert.Equal((ResizeMode.Crop, 64, 56), (read.Mode, read.Edge, read.Size));
    }

    [Theory]
    [InlineData("CLIP", ResizeMode.Crop)]
    [InlineData("Bit", ResizeMode.Crop)]
    [InlineData("ViT", ResizeMode.Squash)]
    [InlineData("Siglip", ResizeMode.Squash)]
    [InlineData("DeiT", ResizeMode.Squash)]
    [InlineData("Beit", ResizeMode.Squash)]
    public void A_size_that_is_one_number_is_the_short_side_or_both_as_the_class_has_it(string family, ResizeMode mode)
    {
        ImagePreprocessing read = StatedPreprocessing.Processor(
            $$"""{"feature_extractor_type":"{{family}}FeatureExtractor","size":48,"crop_size":48}""");
        Assert.Equal((mode, null, 48), (read.Mode, read.Edge, read.Size));
    }

    [Theory]
    [InlineData("""{"size":{"height":48,"width":48},"do_center_crop":false}""", ResizeMode.Squash, null, 48)]
    [InlineData("""{"size":[48,48],"do_center_crop":false}""", ResizeMode.Squash, null, 48)]
    [InlineData("""{"size":{"height":56,"width":56},"crop_size":{"height":48,"width":48}}""", ResizeMode.Squash, 56, 48)]
    [InlineData("""{"size":{"shortest_edge":56},"crop_size":48}""", ResizeMode.Crop, 56, 48)]
    [InlineData("""{"size":{"shortest_edge":40},"crop_size":48}""", ResizeMode.Crop, 40, 48)]
    public void Sizes_are_read_in_every_form(string json, ResizeMode mode, int? edge, int size)
    {
        ImagePreprocessing read = StatedPreprocessing.Processor(json);
        Assert.Equal((mode, edge, size), (read.Mode, read.Edge, read.Size));
    }

    [Fact]
    public void A_class_that_squashes_takes_a_short_side_for_both_where_nothing_is_cut_out()
    {
        const string Stated = """{"size":{"shortest_edge":56},"crop_size":{"height":56,"width":56},"do_center_crop":false}""";
        ImagePreprocessing read = StatedPreprocessing.Processor(Stated, "SiglipImageProcessor");
        Assert.Equal((ResizeMode.Squash, null, 56), (read.Mode, read.Edge, read.Size));
        Assert.Throws<CheckpointException>(() => StatedPreprocessing.Processor(Stated, "CLIPImageProcessor"));
    }

    [Theory]
    [InlineData("2", Interpolation.Bilinear)]
    [InlineData("\"bilinear\"", Interpolation.Bilinear)]
    [InlineData("3", Interpolation.Bicubic)]
    [InlineData("null", Interpolation.Bilinear)]
    public void A_filter_is_a_number_or_a_name(string resample, Interpolation kernel) => Assert.Equal(
        kernel, StatedPreprocessing.Processor($$"""{"resample":{{resample}}}""", "ViTImageProcessor").Interpolation);

    [Fact]
    public void Steps_that_are_switched_off_are_left_out()
    {
        ImagePreprocessing plain = StatedPreprocessing.Processor("""{"do_normalize":false}""");
        AssertStatistics([0, 0, 0], [1, 1, 1], plain);
        // 0–255 instead of 0–1, with the same statistics.
        ImagePreprocessing unscaled = StatedPreprocessing.Processor(
            """{"do_rescale":false,"image_mean":[51,51,51],"image_std":[255,255,255]}""");
        AssertStatistics([0.2f, 0.2f, 0.2f], [1, 1, 1], unscaled);
        ImagePreprocessing halved = StatedPreprocessing.Processor(
            """{"rescale_factor":0.00784313725490196,"image_mean":[1,1,1],"image_std":[0.5,1,2]}""");
        AssertStatistics([0.5f, 0.5f, 0.5f], [0.25f, 0.5f, 1], halved);
    }

    [Fact]
    public void The_usual_factor_leaves_the_statistics_as_they_stand()
    {
        ImagePreprocessing read = StatedPreprocessing.Processor("""{"rescale_factor":0.00392156862745098}""");
        Assert.Equal(ImagePreprocessing.OpenAiMean.AsEnumerable(), read.Mean);
        Assert.Equal(ImagePreprocessing.OpenAiStandardDeviation.AsEnumerable(), read.StandardDeviation);
    }

    [Theory]
    [InlineData("""{"image_processor_type":"ConvNextImageProcessor"}""", "_processor_type\" is \"ConvNextImageProcessor\"; known are")]
    [InlineData("""{"image_processor_type":"Siglip2ImageProcessor"}""", "\"Siglip2ImageProcessor\"; it cuts images of any shape")]
    [InlineData("""{"image_processor_type":7}""", "expected a string")]
    [InlineData("""{"do_resize":false}""", "\"do_resize\" is false; images of any size")]
    [InlineData("""{"do_center_crop":false}""", "\"do_center_crop\" is false; a resized short side alone")]
    [InlineData("""{"size":{"shortest_edge":64,"longest_edge":128}}""", "\"size\" is {\"shortest_edge\":64,\"longest_edge\":128}; a bound")]
    [InlineData("""{"size":{"height":64,"width":48}}""", "expected equal \"height\" and \"width\"")]
    [InlineData("""{"size":{"height":64}}""", "expected equal \"height\" and \"width\"")]
    [InlineData("""{"size":{"wide":64}}""", "expected equal \"height\" and \"width\"")]
    [InlineData("""{"size":0}""", "\"size\" is 0; expected pixels, 1 to 8192")]
    [InlineData("""{"size":100000,"crop_size":100000}""", "expected pixels, 1 to 8192")]
    [InlineData("""{"crop_size":{"height":64,"width":48}}""", "\"crop_size\" is")]
    [InlineData("""{"resample":0}""", "\"resample\" is 0; that is nearest; only 2 (bilinear) and 3 (bicubic)")]
    [InlineData("""{"resample":1}""", "that is lanczos")]
    [InlineData("""{"resample":9}""", "\"resample\" is 9; only 2 (bilinear)")]
    [InlineData("""{"resample":"area"}""", "that is area")]
    [InlineData("""{"crop_pct":0.9}""", "\"crop_pct\" is 0.9")]
    [InlineData("""{"crop_to_patches":true}""", "\"crop_to_patches\" is true")]
    [InlineData("""{"do_pad":true}""", "\"do_pad\" is true; this step is not served")]
    [InlineData("""{"do_flip_channel_order":true}""", "\"do_flip_channel_order\"")]
    [InlineData("""{"rescale_factor":0}""", "\"rescale_factor\" is 0; expected a number above 0")]
    [InlineData("""{"image_std":[1,0,1]}""", "\"image_std\" is [1,0,1]; expected numbers above 0")]
    [InlineData("""{"image_mean":[1,0]}""", "expected three numbers")]
    [InlineData("""{"image_mean":NaN}""", "\"image_mean\"")]
    [InlineData("""[]""", "expected a JSON object")]
    [InlineData("""{"size":""", "is not valid JSON")]
    public void What_is_not_understood_is_refused_by_file_key_and_value(string json, string expected)
    {
        string message = StatedPreprocessing.Refusal(() => StatedPreprocessing.Processor(json));
        Assert.Contains("preprocessor_config.json", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_squash_that_crops_needs_a_crop_size_where_its_class_has_none() => Assert.Contains(
        "\"crop_size\" is not stated; the centre is cut out",
        StatedPreprocessing.Refusal(() => StatedPreprocessing.Processor("""{"do_center_crop":true}""", "SiglipImageProcessor")),
        StringComparison.Ordinal);

    [Fact]
    public void Transformers_5s_file_goes_first_and_is_named_with_its_section()
    {
        ImagePreprocessing read = StatedPreprocessing.Read(
            ("config.json", "{}"), ("processor_config.json", """{"image_processor":{"size":64,"crop_size":48}}"""), "BitImageProcessor");
        Assert.Equal((ResizeMode.Crop, 64, 48), (read.Mode, read.Edge, read.Size));
        Assert.Equal("processor_config.json: image_processor", read.Source);
    }

    [Fact]
    public void Without_a_file_the_family_decides() => Assert.Same(
        StatedPreprocessing.WithoutFile, StatedPreprocessing.Read(("config.json", "{}"), null, "BitImageProcessor"));

    private static void AssertStatistics(float[] mean, float[] deviation, ImagePreprocessing read)
    {
        Assert.Equal(mean, read.Mean.AsEnumerable());
        Assert.Equal(deviation, read.StandardDeviation.AsEnumerable());
    }
}
