using System.Text;
using VitGrid.Testing;

namespace VitGrid.Hub.Tests;

/// <summary>Repositories as they lie on the hub, in small.</summary>
internal static class Repositories
{
    public static PlayedFile Text(string path, string text) => new(path, Encoding.UTF8.GetBytes(text), IsLarge: false);

    public static PlayedFile Large(string path, int bytes)
    {
        byte[] content = new byte[bytes];
        new Random(path.Length).NextBytes(content);
        return new(path, content, IsLarge: true);
    }

    public static PlayedFile[] TwoTowers =>
    [
        Text(".gitattributes", "*.safetensors filter=lfs"), Text("README.md", "# A model"),
        Text("config.json", """{"model_type":"clip"}"""),
        Text("preprocessor_config.json", "{}"), Text("tokenizer_config.json", "{ }"), Text("tokenizer.json", "{\"model\":{}}"),
        Text("vocab.json", "{  }"), Text("merges.txt", "#version: 0.2"), Large("model.safetensors", 3_000_000),
        Large("pytorch_model.bin", 2_000_000), Large("onnx/model.onnx", 1_000_000), Text("LICENSE", "MIT"),
    ];

    public static PlayedFile[] Chat =>
    [
        Text("config.json", """{"model_type":"internvl_chat","vision_config":{"a":1}}"""),
        Text("tokenizer.json", "{}"), Text("model.safetensors.index.json", """
            {"weight_map":{"vision_model.embeddings.class_embedding":"model-00001-of-00003.safetensors",
            "vision_model.encoder.layers.1.ls1":"model-00002-of-00003.safetensors","mlp1.0.weight":"model-00002-of-00003.safetensors",
            "language_model.model.layers.0.weight":"model-00002-of-00003.safetensors",
            "language_model.lm_head.weight":"model-00003-of-00003.safetensors"}}
            """),
        Large("model-00001-of-00003.safetensors", 40_000), Large("model-00002-of-00003.safetensors", 50_000),
        Large("model-00003-of-00003.safetensors", 60_000),
    ];

    public static PlayedFile[] OpenClip =>
    [
        Text("open_clip_config.json", """{"model_cfg":{}}"""), Text("config.json", """{"architecture":"vit"}"""),
        Text("tokenizer.json", "{}"),
        Large("open_clip_model.safetensors", 9_000), Large("open_clip_pytorch_model.bin", 9_000), Large("model.safetensors", 7_000),
    ];
}
