using System.Text.Json.Nodes;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;

namespace VitGrid.Model.Tests.Checkpoints;

/// <summary>Which of a config's sizes the position embedding and the images have. The golden tables are for 56 pixels.</summary>
public sealed class SizeClaimTests
{
    [Theory]
    [InlineData(28, 56, 56, 56)] // Tuned at another size, the table resized: InternVL-14B-Flickr30K-FT-364px.
    [InlineData(56, 56, 56, 56)]
    [InlineData(56, 84, 56, 84)] // Run at another size than the table is for.
    [InlineData(56, 0, 56, 56)] // Python's `force_image_size or image_size`.
    public void A_chat_models_forced_size_is_what_its_encoder_runs_at(int stated, int forced, int table, int served)
    {
        using EditableCheckpoint chat = Chat(stated, forced);
        using Checkpoint checkpoint = chat.Open();
        Assert.Equal((table, served), (checkpoint.Architecture.ImageSize, checkpoint.Preprocessing.Size));
    }

    [Fact]
    public void A_table_that_fits_neither_the_stated_nor_the_forced_size_is_refused_with_both()
    {
        using EditableCheckpoint chat = Chat(28, 84);
        string message = chat.Refusal();
        Assert.Contains("grid of 4 x 4", message, StringComparison.Ordinal);
        Assert.Contains("\"force_image_size\"", message, StringComparison.Ordinal);
        Assert.Contains("is 84 and \"vision_config.image_size\"", message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_preprocessing_files_size_goes_before_the_forced_one()
    {
        using EditableCheckpoint chat = Chat(56, 84);
        chat.Preprocessor = new EditableCheckpoint("tiny-ln").Preprocessor;
        using Checkpoint checkpoint = chat.Open();
        Assert.Equal(56, checkpoint.Preprocessing.Size);
    }

    [Theory]
    [InlineData(null, 84, 84)]
    [InlineData(null, 28, 28)]
    [InlineData(84, 84, 84)] // Saved by timm with another img_size than the weights came from.
    [InlineData(56, 112, 112)]
    [InlineData(56, 56, 56)]
    public void A_timm_folder_at_another_size_keeps_its_table_and_serves_the_configs_size(int? model, int input, int served)
    {
        using EditableCheckpoint timm = Timm(model, input);
        using Checkpoint checkpoint = timm.Open();
        Assert.Equal((56, served), (checkpoint.Architecture.ImageSize, checkpoint.Preprocessing.Size));
    }

    [Fact]
    public void A_timm_folder_without_input_size_serves_its_models_size()
    {
        using EditableCheckpoint timm = Timm(84, 56);
        timm.Config["pretrained_cfg"]!.AsObject().Remove("input_size");
        using Checkpoint checkpoint = timm.Open();
        Assert.Equal((56, 84), (checkpoint.Architecture.ImageSize, checkpoint.Preprocessing.Size));
    }

    [Fact]
    public void An_old_timm_config_has_its_keys_at_the_root()
    {
        using EditableCheckpoint timm = Timm(null, 84);
        foreach ((string key, JsonNode? value) in timm.Config["pretrained_cfg"]!.AsObject())
            timm.Config.TryAdd(key, value?.DeepClone());
        timm.Config.Remove("pretrained_cfg");
        timm.Config["mean"] = new JsonArray(0.5, 0.5, 0.5);
        using Checkpoint checkpoint = timm.Open();
        ImagePreprocessing preprocessing = checkpoint.Preprocessing;
        Assert.Equal((84, 0.5f, "config.json"), (preprocessing.Size, preprocessing.Mean[0], preprocessing.Source));
    }

    private static EditableCheckpoint Chat(int stated, int forced)
    {
        EditableCheckpoint chat = new("tiny-ln") { Preprocessor = null };
        chat.Config["image_size"] = stated;
        chat.Rename(name => "vision_model." + name);
        chat.Config = new JsonObject
        {
            ["model_type"] = "internvl_chat", ["force_image_size"] = forced, ["vision_config"] = chat.Config,
            ["llm_config"] = new JsonObject { ["image_size"] = 99 },
        };
        return chat;
    }

    private static EditableCheckpoint Timm(int? model, int input)
    {
        EditableCheckpoint timm = new("tiny-timm");
        JsonObject arguments = timm.Config["model_args"]!.AsObject();
        arguments.Remove("img_size");
        if (model is { } size)
            arguments["img_size"] = size;
        timm.Config["pretrained_cfg"]!["input_size"] = new JsonArray(3, input, input);
        return timm;
    }
}
