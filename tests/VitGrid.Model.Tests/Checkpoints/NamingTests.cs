using System.Text.Json.Nodes;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.Tests.Checkpoints;

public sealed class NamingTests
{
    [Theory]
    [InlineData("tiny-ln", "vision_model.", "internvl_chat")]
    [InlineData("tiny-native", "vision_tower.", "internvl")]
    [InlineData("tiny-native", "model.vision_tower.", "internvl")]
    public void A_chat_checkpoint_is_its_encoder_and_the_rest_is_unused(string golden, string prefix, string type)
    {
        using var edited = new EditableCheckpoint(golden);
        using Checkpoint alone = edited.Open();
        string fingerprint = alone.ComputeFingerprint();
        edited.Rename(name => prefix + name);
        edited.Add("language_model.model.embed_tokens.weight", 8, 4);
        edited.Add("mlp1.0.weight", 4);
        edited.Config = new JsonObject { ["model_type"] = type, ["vision_config"] = edited.Config.DeepClone(), ["moe_junk"] = 1 };
        using Checkpoint chat = edited.Open();
        Assert.Equal(alone.Architecture, chat.Architecture);
        Assert.Equal(fingerprint, chat.ComputeFingerprint());
        Assert.Equal(["language_model.model.embed_tokens.weight", "mlp1.0.weight"], chat.UnusedTensors);
    }

    [Fact]
    public void A_chat_config_without_the_encoders_type_takes_its_own()
    {
        using var edited = new EditableCheckpoint("tiny-ln");
        edited.Config.Remove("model_type");
        edited.Config.Remove("architectures");
        edited.Config = new JsonObject { ["model_type"] = "internvl_chat", ["vision_config"] = edited.Config.DeepClone() };
        using Checkpoint chat = edited.Open();
        Assert.Equal(64, chat.Architecture.Width);
    }

    [Fact]
    public void The_classifiers_names_are_timms_with_a_norm_of_q_and_k_and_the_original_kernel()
    {
        using var edited = new EditableCheckpoint("tiny-rms-qknorm");
        edited.Rename(ToTimm);
        edited.Add("head.weight", 10, 160);
        using Checkpoint checkpoint = edited.Open();
        Assert.Equal("Timm", checkpoint.Naming);
        Assert.True(checkpoint.Architecture.QueryKeyNorm);
        Assert.Equal(PositionInterpolation.Original, checkpoint.Architecture.Interpolation);
        Assert.Equal(["head.weight"], checkpoint.UnusedTensors);
    }

    [Fact]
    public void Missing_tensors_are_listed_by_name()
    {
        using var edited = new EditableCheckpoint("tiny-ln");
        string[] removed = ["embeddings.patch_embedding.weight", "encoder.layers.0.mlp.fc1.weight", "encoder.layers.1.ls2"];
        edited.Tensors.RemoveAll(tensor => removed.Contains(tensor.Name));
        string message = edited.Refusal();
        Assert.Contains("lacks 3 of 60", message, StringComparison.Ordinal);
        Assert.Contains(string.Join(", ", removed.Select(name => $"\"{name}\"")), message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_than_twenty_missing_tensors_are_counted()
    {
        using var edited = new EditableCheckpoint("tiny-ln");
        edited.Tensors.RemoveAll(tensor => tensor.Name.Contains("layers.2.", StringComparison.Ordinal));
        edited.Tensors.RemoveAll(tensor => tensor.Name.Contains("layers.3.", StringComparison.Ordinal));
        string message = edited.Refusal();
        Assert.Contains("\"encoder.layers.2.norm1.weight\"", message, StringComparison.Ordinal);
        Assert.Contains("and 8 more", message, StringComparison.Ordinal);
        Assert.Contains("\"num_hidden_layers\"", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Block_numbers_beyond_reason_are_refused_by_name()
    {
        using var edited = new EditableCheckpoint("tiny-ln");
        edited.Add("encoder.layers.2000000000.ls1", 64);
        Assert.Contains("\"encoder.layers.2000000000.ls1\"", edited.Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_model_is_refused_with_the_names_looked_for_and_found()
    {
        using var edited = new EditableCheckpoint("tiny-ln");
        edited.Rename(name => "bert." + name);
        string message = edited.Refusal();
        Assert.Contains("\"embeddings.class_embedding\"", message, StringComparison.Ordinal);
        Assert.Contains("\"bert.embeddings.class_embedding\"", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_encoders_in_one_checkpoint_are_refused()
    {
        using var edited = new EditableCheckpoint("tiny-ln");
        TensorToWrite token = edited.Tensors.Single(tensor => tensor.Name == "embeddings.class_embedding");
        edited.Tensors.Add(token with { Name = "vision_model.embeddings.class_embedding" });
        Assert.Contains("2 encoders", edited.Refusal(), StringComparison.Ordinal);
    }

    private static string ToTimm(string name) => name
        .Replace("embeddings.class_embedding", "cls_token", StringComparison.Ordinal)
        .Replace("embeddings.position_embedding", "pos_embed", StringComparison.Ordinal)
        .Replace("embeddings.patch_embedding", "patch_embed.proj", StringComparison.Ordinal)
        .Replace("encoder.layers.", "blocks.", StringComparison.Ordinal)
        .Replace(".ls1", ".ls1.gamma", StringComparison.Ordinal)
        .Replace(".ls2", ".ls2.gamma", StringComparison.Ordinal);
}
