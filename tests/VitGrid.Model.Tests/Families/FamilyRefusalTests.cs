using System.Text.Json.Nodes;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Model.Tests.Checkpoints;
using VitGrid.Tests.Golden;

namespace VitGrid.Model.Tests.Families;

/// <summary>
/// What a checkpoint says that is not understood, or that its tensors deny, is refused by name; nothing falls to a default.
/// </summary>
public sealed class FamilyRefusalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("pub-dinov2", "config.json", "hidden_act", "\"x\"", "\"hidden_act\"", "is \"x\"", "quick_gelu")]
    [InlineData("pub-clip", "config.json", "vision_config.hidden_act", "\"x\"", "\"vision_config.hidden_act\"", "is \"x\"", "silu")]
    [InlineData("timm-dinov2-giant", "config.json", "global_pool", "\"x\"", "\"global_pool\"", "is \"x\"", "\"avg\"")]
    [InlineData("timm-siglip", "config.json", "model_args.rope_type", "\"x\"", "\"model_args.rope_type\"", "is \"x\"", "embed_dim")]
    [InlineData("openclip", "open_clip_config.json", "model_cfg.vision_cfg.pool_type", "\"x\"", "pool_type", "is \"x\"", "\"tok\"")]
    [InlineData("openclip", "open_clip_config.json", "model_cfg.vision_cfg.attentional_pool", "true", "attentional_pool", "is true",
        "not built")]
    [InlineData("openclip-timm-linear", "open_clip_config.json", "model_cfg.vision_cfg.timm_proj", "\"x\"", "timm_proj", "is \"x\"",
        "\"linear\"")]
    [InlineData("openclip-timm-linear", "open_clip_config.json", "model_cfg.vision_cfg.timm_model_name", "\"x\"", "timm_model_name",
        "is \"x\"", "")]
    [InlineData("pub-siglip", "config.json", "model_type", "\"siglip2\"", "\"model_type\"", "NaFlex", "")]
    [InlineData("aimv2-lit", "config.json", "is_native", "true", "\"is_native\"", "sines", "")]
    [InlineData("pub-dinov2", "config.json", "num_hidden_layers", "2", "holds blocks 0 to 2", "num_hidden_layers", "is 2")]
    [InlineData("pub-dinov2", "config.json", "num_hidden_layers", "4", "holds blocks 0 to 2", "is 4", "fetch all")]
    [InlineData("pub-dinov2", "config.json", "num_attention_heads", "7", "64 wide", "7 heads", "num_attention_heads")]
    [InlineData("pub-dinov2", "config.json", "hidden_size", "96", "64", "\"hidden_size\"", "is 96")]
    [InlineData("pub-dinov2", "config.json", "image_size", "224", "position_embeddings", "\"image_size\"", "is 224")]
    [InlineData("pub-dinov2", "config.json", "use_swiglu_ffn", "true", "", "", "")]
    [InlineData("pub-dinov2-registers", "config.json", "num_register_tokens", "4", "register_tokens", "[1, 3, 24]", "[1, 4, 24]")]
    [InlineData("pub-vit-no-qkv-bias", "config.json", "qkv_bias", "true", "query.bias", "lacks", "")]
    [InlineData("pub-siglip-no-head", "config.json", "vision_use_head", "true", "head.probe", "lacks", "")]
    [InlineData("pub-beit", "config.json", "use_mean_pooling", "false", "layernorm.weight", "lacks", "")]
    [InlineData("pub-dinov3", "config.json", "key_bias", "true", "k_proj.bias", "lacks", "")]
    public void A_value_that_is_not_understood_or_denied_is_refused_by_name(
        string model, string file, string key, string value, params string[] expected)
    {
        string folder = Copy(model);
        Edit(Path.Combine(folder, file), key, value);
        Refused.With(() => Checkpoint.Open(folder), [.. expected.Where(text => text.Length > 0)]);
    }

    [Theory]
    [InlineData("pub-dinov2", "layernorm.weight")]
    [InlineData("pub-dinov2", "encoder.layer.1.layer_scale2.lambda1")]
    [InlineData("pub-dinov2-registers", "embeddings.register_tokens")]
    [InlineData("pub-clip", "vision_model.pre_layrnorm.bias")]
    [InlineData("pub-clip", "vision_model.post_layernorm.weight")]
    [InlineData("pub-siglip", "vision_model.embeddings.position_embedding.weight")]
    [InlineData("pub-siglip", "vision_model.head.mlp.fc2.bias")]
    [InlineData("pub-vit", "embeddings.position_embeddings")]
    [InlineData("pub-deit-distilled", "deit.embeddings.distillation_token")]
    [InlineData("pub-dinov3", "layer.0.attention.q_proj.bias")]
    [InlineData("timm-eva02-clip", "norm.weight")]
    [InlineData("timm-eva02-base", "blocks.1.mlp.norm.bias")]
    [InlineData("timm-pe-core", "norm_pre.weight")]
    [InlineData("timm-pe-core", "attn_pool.latent")]
    [InlineData("timm-aimv2", "patch_embed.norm.weight")]
    [InlineData("timm-beit", "blocks.1.attn.relative_position_bias_table")]
    public void A_tensor_that_is_missing_is_named(string model, string tensor)
    {
        string folder = Copy(model);
        string file = Path.Combine(folder, "model.safetensors");
        TensorToWrite[] kept;
        using (SafetensorsFile stored = SafetensorsFile.Open(file))
            kept = [.. stored.Tensors.Values.Where(entry => entry.Name != tensor).Select(EditableCheckpoint.Load)];
        SafetensorsWriter.Write(file, kept);
        Refused.With(() => Checkpoint.Open(folder), tensor);
    }

    [Fact]
    public void Weights_that_are_programs_alone_are_refused_with_the_revision_to_look_for()
    {
        string folder = Copy("pub-dinov2");
        File.Move(Path.Combine(folder, "model.safetensors"), Path.Combine(folder, "pytorch_model.bin"));
        Refused.With(() => Checkpoint.Open(folder), "pytorch_model.bin", "revision", "model.safetensors");
    }

    private string Copy(string model)
    {
        string folder = _folder.At("copy");
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.EnumerateFiles(GoldenFiles.PathOf("vits", model)).Where(file => !file.Contains("expected",
            StringComparison.Ordinal)))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        return folder;
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
