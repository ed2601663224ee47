using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;

namespace VitGrid.Model.Tests.Checkpoints;

public sealed class ConfigTests
{
    private static readonly string[] Fragments = ["", "null", "{}", "[", "]", "1e999", "-1", "\"", ",", "\\ud800", "true", "99999999999"];

    private static readonly string[] Optional =
        ["norm_type", "qk_normalization", "qkv_bias", "layer_norm_eps", "patch_size", "hidden_act", "num_channels"];

    public static TheoryData<string, string, string, string[]> Contradictions => new()
    {
        { "tiny-ln", "hidden_size", "96", ["embeddings.patch_embedding.weight", "[64, 3, 14, 14]", "is 96"] },
        { "tiny-ln", "num_hidden_layers", "3", ["encoder.layers.3.", "makes 4 blocks", "is 3"] },
        { "tiny-ln", "intermediate_size", "128", ["encoder.layers.0.mlp.fc1.weight", "[256, 64]", "is 128"] },
        { "tiny-ln", "patch_size", "16", ["embeddings.patch_embedding.weight", "is 16"] },
        { "tiny-ln", "image_size", "448", ["embeddings.position_embedding", "[1, 17, 64]", "4 x 4", "is 448"] },
        { "tiny-ln", "norm_type", "\"rms_norm\"", ["norm1.bias", "[64]", "LayerNorm", "is \"rms_norm\""] },
        { "tiny-ln", "qk_normalization", "true", ["encoder.layers.0.attn.q_norm.weight", "absent", "is true"] },
        { "tiny-ln", "qkv_bias", "false", ["attn.qkv.bias", "[192]", "is false"] },
        { "tiny-ln", "num_attention_heads", "5", ["does not divide the width of 64", "is 5"] },
        { "tiny-ln", "num_attention_heads", "0", ["does not divide"] },
        { "tiny-native", "use_qk_norm", "false", ["attention.q_norm.weight", "is false"] },
        { "tiny-native", "attention_bias", "true", ["attention.q_proj.bias", "is true"] },
        { "tiny-native", "image_size", "[70, 70]", ["embeddings.position_embeddings", "is [70,70]"] },
        { "tiny-native", "image_size", "[56, 70]", ["two equal ones"] },
        { "tiny-native", "use_mean_pooling", "false", ["norm after the last block"] },
        { "tiny-ln", "hidden_act", "\"quick_gelu\"", ["only \"gelu\"", "is \"quick_gelu\""] },
        { "tiny-ln", "num_channels", "1", ["only 3"] },
        { "tiny-ln", "layer_norm_eps", "0", ["above 0"] },
        { "tiny-ln", "layer_norm_eps", "\"small\"", ["expected a number"] },
        { "tiny-ln", "norm_type", "\"batch_norm\"", ["known are"] },
        { "tiny-ln", "hidden_size", "-1", ["from 0 to"] },
        { "tiny-ln", "hidden_size", "6.5", ["is 6.5"] },
        { "tiny-ln", "num_hidden_layers", "1000000", ["between 1 and 1000"] },
        { "tiny-ln", "model_type", "\"swin\"", ["intern_vit_6b", "is \"swin\""] },
        { "tiny-ln", "vision_config", "[]", ["expected an object"] },
    };

    public static TheoryData<string, string, string[]> TimmContradictions => new()
    {
        { "embed_dim", "96", ["patch_embed.proj.weight", "\"model_args.embed_dim\"", "is 96"] },
        { "depth", "5", ["lacks 14 of 74", "\"blocks.4.norm1.weight\""] },
        { "img_size", "448", ["stored pos_embed is for 56", "is 448", "resampled twice"] },
        { "mlp_ratio", "2.0", ["blocks.0.mlp.fc1.weight", "is 2.0"] },
        { "qkv_bias", "false", ["attn.qkv.bias"] },
        { "norm_layer", "\"rmsnorm\"", ["norm1.bias"] },
        { "final_norm", "true", ["norm after the last block"] },
        { "class_token", "false", ["class token"] },
        { "reg_tokens", "4", ["register tokens"] },
        { "init_values", "0", ["ls1.gamma", "layer scale"] },
        { "act_layer", "\"quick_gelu\"", ["only \"gelu\""] },
    };

    [Theory]
    [MemberData(nameof(Contradictions))]
    public void A_config_that_contradicts_the_tensors_is_refused_naming_both(
        string golden, string key, string value, string[] expected)
    {
        using var edited = new EditableCheckpoint(golden);
        edited.Config[key] = JsonNode.Parse(value);
        string message = edited.Refusal();
        Assert.All(expected.Append(key).Append("config.json"), part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(TimmContradictions))]
    public void A_timm_config_that_contradicts_the_tensors_is_refused(string key, string value, string[] expected)
    {
        using var edited = new EditableCheckpoint("tiny-timm");
        edited.Config["model_args"]![key] = JsonNode.Parse(value);
        string message = edited.Refusal();
        Assert.All(expected, part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("hidden_size", "does not state \"hidden_size\", which means 3200")]
    [InlineData("norm_type", "does not state \"norm_type\", which means RmsNorm")]
    [InlineData("qk_normalization", "does not state \"qk_normalization\", which means True")]
    [InlineData("num_attention_heads", "which means 25")]
    public void A_key_that_is_not_stated_means_the_original_classs_default(string key, string expected)
    {
        using var edited = new EditableCheckpoint("tiny-ln");
        edited.Config.Remove(key);
        Assert.Contains(expected, edited.Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_6B_configs_that_predate_some_keys_open()
    {
        using var edited = new EditableCheckpoint("tiny-rms-qknorm");
        foreach (string key in Optional)
            edited.Config.Remove(key);
        using Checkpoint checkpoint = edited.Open();
        Assert.Equal((NormKind.RmsNorm, 1e-6f), (checkpoint.Architecture.Norm, checkpoint.Architecture.NormEpsilon));
    }

    [Theory]
    [InlineData("tiny-rms-qknorm", 1e-3f)]
    [InlineData("tiny-native", 1e-6f)]
    public void The_q_and_k_norms_epsilon_follows_the_configs_source(string golden, float expected)
    {
        using var edited = new EditableCheckpoint(golden);
        edited.Config["layer_norm_eps"] = 1e-3;
        using Checkpoint checkpoint = edited.Open();
        Assert.Equal((1e-3f, expected), (checkpoint.Architecture.NormEpsilon, checkpoint.Architecture.QueryKeyNormEpsilon));
    }

    [Fact]
    public void A_timm_config_without_arguments_has_the_named_models_heads()
    {
        using var edited = new EditableCheckpoint("tiny-timm");
        edited.Config.Remove("model_args");
        using Checkpoint checkpoint = edited.Open();
        EncoderArchitecture shape = checkpoint.Architecture;
        Assert.Equal((64, 4, 16, 56), (shape.Width, shape.Depth, shape.Heads, shape.ImageSize));
    }

    [Theory]
    [InlineData("vit_base_r50_s16_384", "final_norm", "known is vit_intern300m_patch14_448")]
    [InlineData("vit_other", "num_heads", "state it in \"model_args\"")]
    public void A_timm_model_that_is_not_known_must_state_what_tensors_cannot_tell(string architecture, string without, string expected)
    {
        using var edited = new EditableCheckpoint("tiny-timm");
        edited.Config["architecture"] = architecture;
        edited.Config["model_args"]!.AsObject().Remove(without);
        Assert.Contains(expected, edited.Refusal(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("[1]")]
    [InlineData("{")]
    [InlineData("{\"model_type\":\"\\ud800\"}")]
    [InlineData("{\"hidden_act\":\"\\ud800\",\"model_type\":\"intern_vit_6b\"}")]
    [InlineData("{\"\\ud800\":1}")]
    [InlineData("{}")]
    [InlineData("{\"model_type\":NaN}")]
    [InlineData("{\"hidden_size\":Infinity,\"model_type\":\"intern_vit_6b\"}")]
    [InlineData("{\"layer_norm_eps\":-Infinity,\"model_type\":\"intern_vit_6b\"}")]
    [InlineData("{\"model_type\":nan}")]
    public void A_broken_config_is_refused_by_its_file(string json)
    {
        using var edited = new EditableCheckpoint("tiny-ln");
        edited.Save();
        File.WriteAllText(Path.Combine(edited.Path, "config.json"), json);
        Refused.With(() => Checkpoint.Open(edited.Path), "config.json");
    }

    [Theory]
    [InlineData("model_type")]
    [InlineData("hidden_act")]
    [InlineData("unread")]
    public void A_config_that_is_not_UTF_8_is_refused_by_its_file(string key)
    {
        using var edited = new EditableCheckpoint("tiny-ln");
        edited.Save();
        string config = $$"""{"{{(key == "model_type" ? "norm_type" : "model_type")}}":"intern_vit_6b","{{key}}":"a?"}""";
        byte[] text = [.. config.Select(letter => letter == '?' ? (byte)0xFF : (byte)letter)];
        File.WriteAllBytes(Path.Combine(edited.Path, "config.json"), text);
        Refused.With(() => Checkpoint.Open(edited.Path), "config.json", "UTF-8");
    }

    [Property(MaxTest = 150)]
    public Property A_changed_config_is_read_or_refused_and_nothing_else() =>
        Prop.ForAll(Changes().ToArbitrary(), change =>
        {
            using var edited = new EditableCheckpoint("tiny-ln");
            string text = edited.Config.ToJsonString();
            edited.Save();
            (int at, int removed, string fragment) = change;
            int start = Math.Min(at, text.Length);
            string changed = text[..start] + fragment + text[Math.Min(start + removed, text.Length)..];
            File.WriteAllText(Path.Combine(edited.Path, "config.json"), changed);
            Exception? thrown = Record.Exception(() => Checkpoint.Open(edited.Path).Dispose());
            Assert.True(thrown is null or CheckpointException, thrown?.ToString());
        });

    [Fact]
    public void A_folder_without_config_is_refused()
    {
        using var edited = new EditableCheckpoint("tiny-ln");
        edited.Save();
        File.Delete(Path.Combine(edited.Path, "config.json"));
        Refused.With(() => Checkpoint.Open(edited.Path), "config.json");
    }

    private static Gen<(int At, int Removed, string Fragment)> Changes() =>
        from at in Gen.Choose(0, 900)
        from removed in Gen.Choose(0, 12)
        from fragment in Gen.Elements(Fragments)
        select (at, removed, fragment);

    [Fact]
    public void A_wrong_shape_inside_a_block_is_refused_by_name()
    {
        using var edited = new EditableCheckpoint("tiny-ln");
        edited.Tensors.RemoveAll(tensor => tensor.Name == "encoder.layers.2.mlp.fc2.bias");
        edited.Add("encoder.layers.2.mlp.fc2.bias", 63);
        string message = edited.Refusal();
        Assert.Contains("encoder.layers.2.mlp.fc2.bias", message, StringComparison.Ordinal);
        Assert.Contains("[63]", message, StringComparison.Ordinal);
        Assert.Contains("[64]", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 18, 64)]
    [InlineData(1, 1, 64)]
    [InlineData(1, 0, 64)]
    public void A_position_embedding_that_is_no_square_grid_is_refused(long first, long rows, long width)
    {
        using var edited = new EditableCheckpoint("tiny-ln");
        edited.Tensors.RemoveAll(tensor => tensor.Name == "embeddings.position_embedding");
        edited.Add("embeddings.position_embedding", first, rows, width);
        Assert.Contains("embeddings.position_embedding", edited.Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_encoder_tensor_of_integers_is_refused()
    {
        using var edited = new EditableCheckpoint("tiny-ln");
        int index = edited.Tensors.FindIndex(tensor => tensor.Name == "encoder.layers.0.ls1");
        edited.Tensors[index] = edited.Tensors[index] with { Type = TensorType.I32 };
        Assert.Contains("is I32", edited.Refusal(), StringComparison.Ordinal);
    }
}
