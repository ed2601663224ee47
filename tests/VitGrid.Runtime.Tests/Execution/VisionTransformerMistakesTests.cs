using System.Text.Json.Nodes;
using VitGrid.Model.Checkpoints;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Tests.Precisions;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Execution;

/// <summary>
/// What a mistake costs, beside a tolerance of 2e-5: each is made by a config that says another thing, so that a test which passes with it
/// would be worth nothing. The floors are well below what was measured.
/// </summary>
public sealed class VisionTransformerMistakesTests
{
    private const double Tolerance = 2e-5;

    [Theory]
    [InlineData("pub-vit-small-activations", "config.json", "layer_norm_eps", "1e-6", 0.1)]
    [InlineData("pub-dinov3-small-activations", "config.json", "layer_norm_eps", "1e-6", 0.1)]
    [InlineData("pub-clip", "config.json", "vision_config.hidden_act", "\"gelu\"", 1e-3)]
    [InlineData("pub-clip-vision-only", "config.json", "hidden_act", "\"quick_gelu\"", 1e-3)]
    [InlineData("pub-siglip", "config.json", "vision_config.hidden_act", "\"gelu\"", 1e-4)]
    [InlineData("timm-siglip2-so400m", "config.json", "architecture", "\"vit_so400m_patch14_siglip_224\"", 5e-5)]
    [InlineData("timm-clip-quickgelu", "config.json", "architecture", "\"vit_base_patch16_clip_224\"", 1e-3)]
    [InlineData("pub-dinov3", "config.json", "rope_theta", "10000", 1e-2)]
    [InlineData("timm-pe-core", "config.json", "architecture", "\"vit_pe_core_base_patch16_224\"", 1e-2)]
    [InlineData("openclip", "open_clip_config.json", "model_cfg.vision_cfg.head_width", "6", 1e-2)]
    [InlineData("openclip-quickgelu", "open_clip_config.json", "model_cfg.quick_gelu", "false", 1e-3)]
    [InlineData("pub-dinov2", "config.json", "num_attention_heads", "8", 1e-2)]
    public void A_config_that_says_another_thing_gives_other_numbers(
        string model, string file, string key, string value, double leastError)
    {
        using CopiedModel copy = new(GoldenFiles.PathOf("vits", model));
        string expected = GoldenFiles.PathOf("vits", model, "expected.safetensors");
        Assert.InRange(WorstError(copy, expected), 0, Tolerance);
        Edit(Path.Combine(copy.Path, file), key, value);
        Assert.InRange(WorstError(copy, expected), leastError, double.MaxValue);
    }

    private static double WorstError(CopiedModel copy, string expected)
    {
        using Checkpoint checkpoint = copy.Open();
        return ParityRun.Compare(checkpoint, expected).Max(tensor => tensor.MaxAbsoluteError);
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
