using System.Text.Json.Nodes;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;

namespace VitGrid.Model.Towers;

/// <summary>The JSON files of random checkpoints, with the keys that published ones have.</summary>
internal static class TowerJson
{
    /// <summary>The keys of an encoder's config that transformers' classes share.</summary>
    public static JsonObject Config(string modelType, string architecture, EncoderArchitecture shape, TensorType type) => new()
    {
        ["architectures"] = new JsonArray(architecture),
        ["model_type"] = modelType,
        ["hidden_act"] = "gelu",
        ["hidden_size"] = shape.Width,
        ["image_size"] = shape.ImageSize,
        ["intermediate_size"] = shape.MlpWidth,
        ["layer_norm_eps"] = shape.NormEpsilon,
        ["num_attention_heads"] = shape.Heads,
        ["num_channels"] = 3,
        ["num_hidden_layers"] = shape.Depth,
        ["patch_size"] = shape.PatchSize,
        ["torch_dtype"] = type switch { TensorType.F16 => "float16", TensorType.BF16 => "bfloat16", _ => "float32" },
    };

    /// <summary>The config of both towers.</summary>
    public static JsonObject TwoTowers(string modelType, string architecture, JsonObject images, JsonObject texts) => new()
    {
        ["architectures"] = new JsonArray(architecture),
        ["model_type"] = modelType,
        ["text_config"] = texts,
        ["torch_dtype"] = images["torch_dtype"]!.DeepClone(),
        ["vision_config"] = images,
    };

    /// <summary>A processor that resizes the short side and cuts out the centre.</summary>
    public static JsonObject Crop(string processor, int size, int shortestEdge, IEnumerable<float> mean, IEnumerable<float> deviation)
    {
        JsonObject file = Squash(processor, size, mean, deviation);
        file["crop_size"] = Sides(size);
        file["do_center_crop"] = true;
        file["size"] = new JsonObject { ["shortest_edge"] = shortestEdge };
        return file;
    }

    /// <summary>A processor that squashes both sides.</summary>
    public static JsonObject Squash(string processor, int size, IEnumerable<float> mean, IEnumerable<float> deviation) => new()
    {
        ["do_normalize"] = true,
        ["do_rescale"] = true,
        ["do_resize"] = true,
        ["image_mean"] = Channels(mean),
        ["image_processor_type"] = processor,
        ["image_std"] = Channels(deviation),
        ["resample"] = 3,
        ["rescale_factor"] = 1 / 255.0,
        ["size"] = Sides(size),
    };

    /// <summary>timm's config of an architecture.</summary>
    public static JsonObject Timm(
        string architecture, int classes, string pool, int size, IEnumerable<float> mean, IEnumerable<float> deviation) =>
        new()
        {
            ["architecture"] = architecture,
            ["num_classes"] = classes,
            ["global_pool"] = pool,
            ["pretrained_cfg"] = new JsonObject
            {
                ["input_size"] = new JsonArray(3, size, size),
                ["interpolation"] = "bicubic",
                ["crop_pct"] = 1.0,
                ["crop_mode"] = "center",
                ["mean"] = Channels(mean),
                ["std"] = Channels(deviation),
                ["num_classes"] = classes,
            },
        };

    private static JsonObject Sides(int size) => new() { ["height"] = size, ["width"] = size };

    /// <summary>A number a channel.</summary>
    public static JsonArray Channels(IEnumerable<float> channels) => [.. channels.Select(channel => JsonValue.Create(channel))];
}
