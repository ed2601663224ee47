using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Tests.Golden;

namespace VitGrid.Model.Tests.Checkpoints;

/// <summary>Layouts as they are published, in small. The parity of those that load is tested beside the runtime.</summary>
public sealed class PublishedCheckpointTests
{
    private static readonly float[] Halves = [0.5f, 0.5f, 0.5f];

    public static TheoryData<string, string, ResizeMode, int, string> Loaded => new()
    {
        { "chat-vision-shard-only", "Original", ResizeMode.Crop, 448, "preprocessor_config.json" },
        {
            "InternVL3-1B-hf-saved-by-v5-only-processor_config", "Transformers", ResizeMode.Squash, 448,
            "processor_config.json: image_processor"
        },
        { "x-procmean", "Transformers", ResizeMode.Squash, 224, "processor_config.json: image_processor" },
        {
            "x-noprep", "Transformers", ResizeMode.Squash, 448,
            "no processor_config.json or preprocessor_config.json: what transformers' class does"
        },
        { "x-F8_E8M0", "Original", ResizeMode.Crop, 448, "preprocessor_config.json" },
        { "Intern-S1-mini", "Transformers", ResizeMode.Squash, 448, "preprocessor_config.json" },
        { "timm-finetuned-224", "Timm", ResizeMode.Timm, 448, "config.json: pretrained_cfg" },
    };

    public static TheoryData<string, string[]> Refused => new()
    {
        { "x-awqvision", ["quantised with AWQ", "attn.qkv.qweight", "I32", "fetch the unquantised checkpoint"] },
        { "x-bnb4", ["quantised with bitsandbytes (NF4)", "fetch the unquantised checkpoint"] },
        { "gguf-only", ["mmproj-InternVL3-1B-f16.gguf", "GGUF", "model.safetensors", "fetch the checkpoint that the GGUF was made from"] },
    };

    [Theory]
    [MemberData(nameof(Loaded))]
    public void A_published_layout_opens_and_says_where_its_preprocessing_stands(
        string name, string naming, ResizeMode mode, int size, string source)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Published(name));
        ImagePreprocessing preprocessing = checkpoint.Preprocessing;
        Assert.Equal(naming, checkpoint.Naming);
        Assert.Equal((mode, size, source), (preprocessing.Mode, preprocessing.Size, preprocessing.Source));
        Assert.Equal(name == "x-procmean" ? Halves : ImagePreprocessing.ImageNetMean, preprocessing.Mean.AsEnumerable());
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_published_layout_that_is_not_read_is_refused_with_what_it_is_and_the_remedy(string name, string[] expected) =>
        Checkpoints.Refused.With(() => Checkpoint.Open(GoldenFiles.Published(name)), expected);

    [Fact]
    public void No_published_layout_is_left_out()
    {
        IEnumerable<string> tested = Loaded.Select(row => (string)row[0]).Concat(Refused.Select(row => (string)row[0]));
        Assert.Equal(
            Directory.GetDirectories(GoldenFiles.PathOf("published")).Select(Path.GetFileName).Order(StringComparer.Ordinal),
            tested.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_timm_checkpoint_tuned_at_another_size_than_its_config_states_keeps_its_own_table()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Published("timm-finetuned-224"));
        Assert.Equal((224, 448), (checkpoint.Architecture.ImageSize, checkpoint.Preprocessing.Size));
    }

    [Fact]
    public void Only_the_index_and_the_shard_with_the_encoder_are_its_weight_files()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Published("chat-vision-shard-only"));
        Assert.Equal(["model-00001-of-00004.safetensors", "model.safetensors.index.json"], checkpoint.WeightFiles);
        Assert.Contains("language_model.model.norm.weight", checkpoint.UnusedTensors);
    }
}
