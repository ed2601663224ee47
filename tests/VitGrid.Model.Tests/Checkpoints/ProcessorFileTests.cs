using System.Text.Json.Nodes;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;

namespace VitGrid.Model.Tests.Checkpoints;

/// <summary>Which of the files that state preprocessing is followed, and what holds without any.</summary>
public sealed class ProcessorFileTests
{
    [Theory]
    [InlineData("tiny-ln")]
    [InlineData("tiny-native")]
    public void The_image_processor_inside_processor_config_goes_before_preprocessor_config_as_in_transformers(string golden)
    {
        using var edited = new EditableCheckpoint(golden)
        {
            Processor = new JsonObject { ["processor_class"] = "InternVLProcessor", ["image_processor"] = ImageProcessor() },
        };
        using Checkpoint checkpoint = edited.Open();
        Assert.Equal((ResizeMode.Squash, 84), (checkpoint.Preprocessing.Mode, checkpoint.Preprocessing.Size));
        Assert.Equal("processor_config.json: image_processor", checkpoint.Preprocessing.Source);
        Assert.Equal([0.5f, 0.5f, 0.5f], checkpoint.Preprocessing.Mean.AsEnumerable());
    }

    [Fact]
    public void A_processor_config_of_transformers_4_without_image_processor_leaves_the_matter_to_preprocessor_config()
    {
        using var edited = new EditableCheckpoint("tiny-ln")
        {
            Processor = new JsonObject { ["processor_class"] = "InternVLProcessor", ["image_seq_length"] = 256 },
        };
        using Checkpoint checkpoint = edited.Open();
        Assert.Equal((ResizeMode.Crop, "preprocessor_config.json"), (checkpoint.Preprocessing.Mode, checkpoint.Preprocessing.Source));
    }

    [Fact]
    public void What_processor_config_asks_for_and_is_not_served_is_refused_with_file_section_and_key()
    {
        JsonObject processor = ImageProcessor();
        processor["resample"] = 2;
        using var edited = new EditableCheckpoint("tiny-ln") { Processor = new JsonObject { ["image_processor"] = processor } };
        string message = edited.Refusal();
        Assert.Contains("processor_config.json: \"image_processor.resample\" is 2", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("internvl_vision")]
    [InlineData("interns1_vision")]
    public void Without_any_file_a_transformers_encoder_squashes(string type)
    {
        using var edited = new EditableCheckpoint("tiny-native") { Preprocessor = null };
        edited.Config["model_type"] = type;
        using Checkpoint checkpoint = edited.Open();
        Assert.Equal((ResizeMode.Squash, 56), (checkpoint.Preprocessing.Mode, checkpoint.Preprocessing.Size));
        Assert.Equal(ImagePreprocessing.ImageNetMean.AsEnumerable(), checkpoint.Preprocessing.Mean);
        Assert.Contains("transformers", checkpoint.Preprocessing.Source, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_a_transformers_encoder_that_names_no_class_means_the_one_that_squashes()
    {
        JsonObject preprocessor = ImageProcessor();
        preprocessor.Remove("image_processor_type");
        preprocessor["size"] = 84;
        using var edited = new EditableCheckpoint("tiny-native") { Preprocessor = preprocessor };
        using Checkpoint checkpoint = edited.Open();
        Assert.Equal((ResizeMode.Squash, 84), (checkpoint.Preprocessing.Mode, checkpoint.Preprocessing.Size));
    }

    [Theory]
    [InlineData(84, null)]
    [InlineData(56, "crop_size")]
    public void A_crop_after_the_squash_must_change_nothing(int crop, string? refused)
    {
        JsonObject preprocessor = ImageProcessor();
        preprocessor["do_center_crop"] = true;
        preprocessor["crop_size"] = new JsonObject { ["height"] = crop, ["width"] = crop };
        using var edited = new EditableCheckpoint("tiny-native") { Preprocessor = preprocessor };
        if (refused is null)
            edited.Open().Dispose();
        else
            Assert.Contains(refused, edited.Refusal(), StringComparison.Ordinal);
    }

    private static JsonObject ImageProcessor() => new()
    {
        ["image_processor_type"] = "GotOcr2ImageProcessor",
        ["size"] = new JsonObject { ["height"] = 84, ["width"] = 84 },
        ["crop_size"] = null,
        ["do_center_crop"] = null,
        ["image_mean"] = new JsonArray(0.5, 0.5, 0.5),
        ["image_std"] = new JsonArray(0.5, 0.5, 0.5),
        ["resample"] = 3,
    };
}
