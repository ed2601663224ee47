using System.Text.Json.Nodes;
using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;

namespace VitGrid.Model.Families.InternVit;

/// <summary>The two JSON files of a checkpoint, with the keys of the published ones.</summary>
internal static class PublishedConfig
{
    public static void Write(string directory, EncoderArchitecture architecture, bool queryKeyValueBias, TensorType type)
    {
        JsonFile.Write(directory, "config.json", Encoder(architecture, queryKeyValueBias, type));
        JsonFile.Write(directory, "preprocessor_config.json", Preprocessor(architecture.ImageSize));
    }

    private static JsonObject Encoder(EncoderArchitecture architecture, bool queryKeyValueBias, TensorType type) => new()
    {
        ["architectures"] = new JsonArray("InternVisionModel"),
        ["attention_dropout"] = 0.0,
        ["drop_path_rate"] = 0.0,
        ["dropout"] = 0.0,
        ["hidden_act"] = "gelu",
        ["hidden_size"] = architecture.Width,
        ["image_size"] = architecture.ImageSize,
        ["initializer_factor"] = 0.1,
        ["initializer_range"] = 0.02,
        ["intermediate_size"] = architecture.MlpWidth,
        ["layer_norm_eps"] = architecture.NormEpsilon,
        ["model_type"] = "intern_vit_6b",
        ["norm_type"] = architecture.Norm == NormKind.LayerNorm ? "layer_norm" : "rms_norm",
        ["num_attention_heads"] = architecture.Heads,
        ["num_channels"] = 3,
        ["num_hidden_layers"] = architecture.Depth,
        ["patch_size"] = architecture.PatchSize,
        ["qk_normalization"] = architecture.QueryKeyNorm,
        ["qkv_bias"] = queryKeyValueBias,
        ["torch_dtype"] = type switch { TensorType.F16 => "float16", TensorType.BF16 => "bfloat16", _ => "float32" },
        ["use_flash_attn"] = true,
    };

    private static JsonObject Preprocessor(int size) => new()
    {
        ["crop_size"] = size,
        ["do_center_crop"] = true,
        ["do_normalize"] = true,
        ["do_resize"] = true,
        ["feature_extractor_type"] = "CLIPFeatureExtractor",
        ["image_mean"] = Channels(ImagePreprocessing.ImageNetMean),
        ["image_std"] = Channels(ImagePreprocessing.ImageNetStandardDeviation),
        ["resample"] = 3,
        ["size"] = size,
    };

    private static JsonArray Channels(IEnumerable<float> channels) => [.. channels.Select(channel => JsonValue.Create(channel))];
}
