using System.Text.Json.Nodes;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Tests.Golden;

namespace VitGrid.Model.Tests.Checkpoints;

public sealed class PreprocessingTests
{
    public static TheoryData<string, ResizeMode> Accepted => new()
    {
        { """{"size":{"shortest_edge":84},"crop_size":{"height":84,"width":84}}""", ResizeMode.Crop },
        { """{"size":84,"crop_size":84,"image_processor_type":"CLIPImageProcessor"}""", ResizeMode.Crop },
        { """{"size":{"height":84,"width":84},"do_center_crop":false}""", ResizeMode.Squash },
        { """{"size":{"height":84,"width":84},"crop_size":84}""", ResizeMode.Squash },
        { """{"size":{"height":84,"width":84},"image_processor_type":"InternVLImageProcessor","resample":"bicubic"}""", ResizeMode.Squash },
        { """{"size":84,"image_processor_type":"GotOcr2ImageProcessor","rescale_factor":0.00392156862745098}""", ResizeMode.Squash },
    };

    public static TheoryData<string, string> Refused => new()
    {
        { """{"size":84,"crop_size":56}""", "crop_size" },
        { """{"size":84}""", "crop_size" },
        { """{"crop_size":84}""", "\"size\" is not stated" },
        { """{"size":0,"crop_size":0}""", "size" },
        { """{"size":84,"do_center_crop":false}""", "do_center_crop" },
        { """{"size":{"height":84,"width":56},"do_center_crop":false}""", "square" },
        { """{"size":84,"crop_size":84,"resample":2}""", "bicubic" },
        { """{"size":84,"crop_size":84,"resample":"nearest"}""", "bicubic" },
        { """{"size":84,"crop_size":84,"do_resize":false}""", "do_resize" },
        { """{"size":84,"crop_size":84,"do_rescale":false}""", "do_rescale" },
        { """{"size":84,"crop_size":84,"rescale_factor":1}""", "1/255" },
        { """{"size":84,"crop_size":84,"image_processor_type":"ViTImageProcessor"}""", "\"ViTImageProcessor\"" },
        { """{"size":84,"crop_size":84,"image_mean":[1,2]}""", "three numbers" },
        { """{"size":84,"crop_size":84,"image_mean":null}""", "state the numbers" },
        { """{"size":84,"crop_size":84,"image_std":[0,1,1]}""", "above 0" },
    };

    [Theory]
    [InlineData("tiny-ln", ResizeMode.Crop)]
    [InlineData("tiny-native", ResizeMode.Squash)]
    [InlineData("tiny-timm", ResizeMode.Timm)]
    public void The_golden_folders_ask_for_their_own_pipeline(string golden, ResizeMode mode)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model(golden));
        AssertImageNet(checkpoint.Preprocessing, mode, size: 56);
    }

    [Fact]
    public void Without_the_file_images_are_cropped_at_the_encoders_size()
    {
        using var edited = new EditableCheckpoint("tiny-ln") { Preprocessor = null };
        using Checkpoint checkpoint = edited.Open();
        AssertImageNet(checkpoint.Preprocessing, ResizeMode.Crop, size: 56);
    }

    [Theory]
    [MemberData(nameof(Accepted))]
    public void Every_published_form_is_understood_and_may_ask_for_another_size(string json, ResizeMode mode)
    {
        using EditableCheckpoint edited = With(json);
        using Checkpoint checkpoint = edited.Open();
        AssertImageNet(checkpoint.Preprocessing, mode, size: 84);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_the_pipelines_cannot_do_is_refused_by_key(string json, string expected)
    {
        using EditableCheckpoint edited = With(json);
        string message = edited.Refusal();
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains("preprocessor_config.json", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_normalisation_pixels_stay_in_units_of_full_scale()
    {
        using EditableCheckpoint edited = With("""{"size":56,"crop_size":56,"do_normalize":false}""");
        using Checkpoint checkpoint = edited.Open();
        Assert.Equal([0, 0, 0], checkpoint.Preprocessing.Mean.AsEnumerable());
        Assert.Equal([1, 1, 1], checkpoint.Preprocessing.StandardDeviation.AsEnumerable());
    }

    [Fact]
    public void Timms_margin_is_kept()
    {
        using var edited = new EditableCheckpoint("tiny-timm");
        edited.Config["pretrained_cfg"]!["crop_pct"] = 0.875;
        using Checkpoint checkpoint = edited.Open();
        Assert.Equal(0.875, checkpoint.Preprocessing.CropFraction);
    }

    [Theory]
    [InlineData("interpolation", "\"bilinear\"")]
    [InlineData("crop_mode", "\"border\"")]
    [InlineData("crop_pct", "1.5")]
    [InlineData("input_size", "[1, 56, 56]")]
    [InlineData("input_size", "[3, 57, 57]")]
    [InlineData("std", "[0, 0, 0]")]
    public void What_timms_pipeline_here_cannot_do_is_refused_by_key(string key, string value)
    {
        using var edited = new EditableCheckpoint("tiny-timm");
        edited.Config["pretrained_cfg"]![key] = JsonNode.Parse(value);
        Assert.Contains($"\"pretrained_cfg.{key}\"", edited.Refusal(), StringComparison.Ordinal);
    }

    private static EditableCheckpoint With(string json)
    {
        JsonObject preprocessor = JsonNode.Parse(json)!.AsObject();
        preprocessor.TryAdd("image_mean", new JsonArray(0.485, 0.456, 0.406));
        preprocessor.TryAdd("image_std", new JsonArray(0.229, 0.224, 0.225));
        return new EditableCheckpoint("tiny-ln") { Preprocessor = preprocessor };
    }

    private static void AssertImageNet(ImagePreprocessing preprocessing, ResizeMode mode, int size)
    {
        Assert.Equal((mode, size, 1.0), (preprocessing.Mode, preprocessing.Size, preprocessing.CropFraction));
        Assert.Equal(ImagePreprocessing.ImageNetMean.AsEnumerable(), preprocessing.Mean);
        Assert.Equal(ImagePreprocessing.ImageNetStandardDeviation.AsEnumerable(), preprocessing.StandardDeviation);
    }
}
