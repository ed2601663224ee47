using System.Text.Json.Nodes;
using VitGrid.Model.Checkpoints;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Tests.Precisions;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Execution;

/// <summary>
/// What a mistake costs in unit vectors, beside a tolerance of 4e-6: each is made by a config that says another thing, so that a test which
/// passes with it would be worth nothing. The floors are well below what was measured; a null takes the key away.
/// </summary>
public sealed class TextTowerMistakesTests
{
    private const double Tolerance = 4e-6;

    [Theory]
    [InlineData("clip-openai", "config.json", "text_config.hidden_act", "\"gelu\"", 5e-4)]
    [InlineData("clip-v5", "config.json", "text_config.hidden_act", "\"quick_gelu\"", 5e-4)]
    [InlineData("clip-v5", "config.json", "text_config.hidden_act", "\"gelu_pytorch_tanh\"", 4e-5)]
    [InlineData("clip-laion", "config.json", "text_config_dict", "null", 5e-4)]
    [InlineData("clip-defaults", "config.json", "text_config.layer_norm_eps", "1e-6", 5e-4)]
    [InlineData("clip-openai", "config.json", "text_config.eos_token_id", "3", 0.1)]
    [InlineData("clip-added-token", "config.json", "text_config.eos_token_id", "2", 0.1)]
    [InlineData("siglip", "config.json", "text_config.hidden_act", "\"gelu\"", 2e-5)]
    [InlineData("siglip2", "config.json", "text_config.layer_norm_eps", "1e-5", 5e-4)]
    [InlineData("openclip-laion", "open_clip_config.json", "model_cfg.quick_gelu", "true", 5e-4)]
    [InlineData("openclip-laion", "open_clip_config.json", "model_cfg.text_cfg.no_causal_mask", "true", 0.01)]
    [InlineData("openclip-laion", "open_clip_config.json", "model_cfg.text_cfg.pool_type", "\"last\"", 0.1)]
    [InlineData("openclip-quickgelu", "open_clip_config.json", "model_cfg.quick_gelu", "false", 5e-4)]
    [InlineData("openclip-siglip", "open_clip_config.json", "model_cfg.text_cfg.no_causal_mask", "false", 0.01)]
    [InlineData("openclip-siglip", "open_clip_config.json", "model_cfg.text_cfg.act_kwargs", "{\"approximate\": \"tanh\"}", 4e-5)]
    [InlineData("openclip-siglip", "open_clip_config.json", "model_cfg.text_cfg.pool_type", "\"first\"", 0.1)]
    [InlineData("openclip-siglip2", "open_clip_config.json", "model_cfg.text_cfg.act_kwargs", "null", 4e-5)]
    [InlineData("openclip-siglip2", "open_clip_config.json", "model_cfg.text_cfg.norm_kwargs", "null", 5e-4)]
    public void A_config_that_says_another_thing_gives_other_vectors(string model, string file, string key, string value, double leastError)
    {
        using CopiedModel copy = new(GoldenFiles.PathOf("text", "models", model));
        Assert.InRange(Error(copy), 0, Tolerance);
        Edit(Path.Combine(copy.Path, file), key, value);
        Assert.InRange(Error(copy), leastError, double.MaxValue);
    }

    [Theory]
    [InlineData("openclip-laion", "model_cfg.text_cfg.hf_model_name", "\"roberta-base\"")]
    [InlineData("openclip-laion", "model_cfg.text_cfg.embed_cls", "true")]
    [InlineData("openclip-laion", "model_cfg.text_cfg.pool_type", "\"attention\"")]
    [InlineData("openclip-laion", "model_cfg.multimodal_cfg", "{}")]
    [InlineData("openclip-siglip", "model_cfg.text_cfg.norm_kwargs.elementwise", "true")]
    public void A_text_tower_that_is_not_built_is_named_and_its_images_are_served(string model, string key, string value)
    {
        using CopiedModel copy = new(GoldenFiles.PathOf("text", "models", model));
        Edit(Path.Combine(copy.Path, "open_clip_config.json"), key, value);
        using Checkpoint checkpoint = copy.Open();
        Assert.Null(checkpoint.TextTower);
        Assert.Contains(key.Split('.')[^1], checkpoint.TextFault, StringComparison.Ordinal);
        Assert.False(checkpoint.TakesTexts);
    }

    private static double Error(CopiedModel copy)
    {
        using Checkpoint checkpoint = copy.Open();
        return ParityRun.Compare(checkpoint, Path.Combine(copy.Path, "expected.safetensors"))
            .Single(tensor => tensor.Name == "text_embeds_normalized").MaxAbsoluteError;
    }

    private static void Edit(string file, string key, string value)
    {
        JsonNode root = JsonNode.Parse(File.ReadAllText(file))!;
        string[] path = key.Split('.');
        JsonNode section = path[..^1].Aggregate(root, (node, name) => node[name]!);
        section[path[^1]] = JsonNode.Parse(value);
        File.WriteAllText(file, root.ToJsonString());
    }
}
