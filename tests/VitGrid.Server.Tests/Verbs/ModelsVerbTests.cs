using System.Text.Json;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Verbs;

public sealed class ModelsVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_imported_model_is_copied_whole_and_listed()
    {
        VerbRun import = await RunAsync("models", "import", GoldenFiles.Model("tiny-sharded-bf16"), "--name", "tiny");
        VerbRun list = await RunAsync("models", "list");

        Assert.Equal(0, import.ExitCode);
        Assert.Equal(["clip-nano bundled", "internvit-nano bundled", "tiny imported"], list.Lines.Select(line => Parse(line)).Select(
            row => $"{Text(row, "name")} {Text(row, "origin")}"));
        string source = GoldenFiles.Model("tiny-sharded-bf16"), copy = _folder.At("models", "tiny");
        string[] needed = [.. Directory.GetFiles(source).Select(file => Path.GetFileName(file)!).Except(["expected.safetensors"]).Order()];
        Assert.Equal(needed, Directory.GetFiles(copy).Select(Path.GetFileName).Order());
        Assert.All(needed, name =>
            Assert.Equal(File.ReadAllBytes(Path.Combine(source, name)), File.ReadAllBytes(Path.Combine(copy, name))));
        Assert.DoesNotContain(_folder.Remaining(), path => path.Contains("partial", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_linked_import_keeps_the_files_where_they_are()
    {
        VerbRun run = await RunAsync("models", "import", GoldenFiles.Model("tiny-ln"), "--name", "tiny", "--link");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(GoldenFiles.Model("tiny-ln"), new DirectoryInfo(_folder.At("models", "tiny")).LinkTarget);
        Assert.Equal(0, (await RunAsync("models", "verify", "tiny")).ExitCode);
    }

    [Theory]
    [InlineData("internvit-nano")]
    [InlineData("taken")]
    public async Task A_name_in_use_is_refused(string name)
    {
        await RunAsync("models", "import", GoldenFiles.Model("tiny-ln"), "--name", "taken");

        VerbRun run = await RunAsync("models", "import", GoldenFiles.Model("tiny-ln"), "--name", name);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"'{name}' is taken by", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_checkpoint_is_not_imported()
    {
        File.Copy(GoldenFiles.PathOf("models", "tiny-ln", "config.json"), _folder.At("config.json"));
        File.Copy(GoldenFiles.PathOf("malformed-checkpoints", "truncated-data.safetensors"), _folder.At("model.safetensors"));

        VerbRun run = await RunAsync("models", "import", _folder.Root, "--name", "broken");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("model.safetensors", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.At("models", "broken")));
    }

    [Fact]
    public async Task Verify_tells_what_a_checkpoint_is()
    {
        JsonElement found = Parse(Assert.Single((await RunAsync("models", "verify", "internvit-nano", "--scan")).Lines));

        Assert.Equal(1_906_752, found.GetProperty("parameters").GetInt64());
        Assert.Equal("BF16", Text(found, "stored_type"));
        Assert.Equal("Original", Text(found, "naming"));
        Assert.Equal("8 × 8 patches, as stored", Text(found, "positions"));
        Assert.Matches("^[0-9a-f]{32}$", Text(found, "fingerprint"));
        Assert.Equal(0, found.GetProperty("not_finite").GetArrayLength());
    }

    [Theory]
    [InlineData("x-procmean", "squash", 224, 0.5, "processor_config.json: image_processor", "32 × 32 patches, resampled to 16 × 16")]
    [InlineData("x-noprep", "squash", 448, 0.485, "what transformers' class does", "32 × 32 patches, as stored")]
    [InlineData("chat-vision-shard-only", "crop", 448, 0.485, "preprocessor_config.json", "32 × 32 patches, as stored")]
    [InlineData("timm-finetuned-224", "timm", 448, 0.485, "config.json: pretrained_cfg", "16 × 16 patches, resampled to 32 × 32")]
    public async Task Verify_and_plan_show_what_becomes_of_an_image_and_which_file_says_so(
        string published, string mode, int size, double mean, string source, string positions)
    {
        JsonElement found = Parse(Assert.Single((await RunAsync("models", "verify", GoldenFiles.Published(published))).Lines));
        JsonElement plan = Parse(Assert.Single((await RunAsync(
            "models", "plan", GoldenFiles.Published(published), "--devices", "cuda:0=24GiB", "--tflops", "60")).Lines));

        JsonElement preprocessing = found.GetProperty("preprocessing");
        Assert.Equal(preprocessing.GetRawText(), plan.GetProperty("preprocessing").GetRawText());
        Assert.Equal(mode, Text(preprocessing, "mode"));
        Assert.Equal($"[{size},{size}]", preprocessing.GetProperty("size").GetRawText());
        Assert.Equal(mean, preprocessing.GetProperty("mean")[0].GetDouble(), 1e-6);
        Assert.Equal(mean == 0.5 ? 0.5 : 0.225, preprocessing.GetProperty("std")[2].GetDouble(), 1e-6);
        Assert.Contains(source, Text(preprocessing, "source"), StringComparison.Ordinal);
        Assert.Equal(positions, Text(found, "positions"));
    }

    [Theory]
    [InlineData("pub-dinov2", "crop", 56, 64, "bicubic", "uint8")]
    [InlineData("pub-deit-distilled", "squash", 16, 18, "bicubic", "uint8")]
    [InlineData("pub-vit", "squash", 56, null, "bilinear", "uint8")]
    [InlineData("pub-dinov3", "squash", 16, null, "bilinear", "float32")]
    public async Task Verify_and_plan_show_what_an_image_is_cut_from_and_with_which_kernel(
        string folder, string mode, int size, int? edge, string kernel, string samples)
    {
        string path = GoldenFiles.PathOf("vits", folder);
        JsonElement found = Parse(Assert.Single((await RunAsync("models", "verify", path)).Lines)).GetProperty("preprocessing");
        JsonElement plan = Parse(Assert.Single((await RunAsync(
            "models", "plan", path, "--devices", "cuda:0=24GiB", "--tflops", "60")).Lines));

        Assert.Equal(found.GetRawText(), plan.GetProperty("preprocessing").GetRawText());
        Assert.Equal((mode, $"[{size},{size}]"), (Text(found, "mode"), found.GetProperty("size").GetRawText()));
        Assert.Equal(edge, found.TryGetProperty("edge", out JsonElement told) ? told.GetInt32() : null);
        Assert.Equal((kernel, samples), (Text(found, "interpolation"), Text(found, "samples")));
        Assert.Equal("preprocessor_config.json", Text(found, "source"));
    }

    [Fact]
    public async Task Only_what_a_chat_models_encoder_needs_is_imported()
    {
        foreach (string file in Directory.GetFiles(GoldenFiles.Published("chat-vision-shard-only")))
            File.Copy(file, _folder.At(Path.GetFileName(file)));
        _folder.Write("model-00002-of-00004.safetensors", "the language model");
        _folder.Write("pytorch_model.bin", "pickled");
        _folder.Write("mmproj.gguf", "GGUF");
        File.CreateSymbolicLink(_folder.At("README.md"), "../blobs/gone");

        VerbRun import = await RunAsync("models", "import", _folder.At("config.json"), "--name", "eyes");

        Assert.Equal(0, import.ExitCode);
        Assert.Equal(
            ["config.json", "model-00001-of-00004.safetensors", "model.safetensors.index.json", "preprocessor_config.json"],
            Directory.GetFiles(_folder.At("models", "eyes")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(0, (await RunAsync("models", "verify", "eyes", "--scan")).ExitCode);
    }

    [Fact]
    public async Task An_import_for_which_there_is_no_room_says_what_it_needs_and_what_is_free_and_leaves_nothing()
    {
        long needed = Directory.GetFiles(GoldenFiles.Model("tiny-ln")).Where(file => Path.GetFileName(file) != "expected.safetensors")
            .Sum(file => new FileInfo(file).Length);

        VerbRun full = await ImportAsync(needed - 1);
        VerbRun room = await ImportAsync(needed);

        Assert.Equal((1, 0), (full.ExitCode, room.ExitCode));
        Assert.Matches("the copy needs [0-9.]+ KiB and .*/models has [0-9.]+ KiB free; make room", full.Error);
        Assert.DoesNotContain(_folder.Remaining(), path => path.Contains("partial", StringComparison.Ordinal));

        Task<VerbRun> ImportAsync(long free) => VerbRun.RunAsync(
            terminal => new(terminal, VerbRun.Roots(_folder.Root)) { FreeBytes = _ => free },
            [], onTerminal: false, default, "models", "import", GoldenFiles.Model("tiny-ln"), "--name", "tiny");
    }

    [Fact]
    public async Task A_cached_hub_id_is_imported_with_shards_in_folders_below()
    {
        const string Snapshot = "hub/models--org--m/snapshots/0123456789abcdef0123456789abcdef01234567";
        string index = File.ReadAllText(Path.Combine(GoldenFiles.Published("chat-vision-shard-only"), "model.safetensors.index.json"));
        _folder.Write($"{Snapshot}/model.safetensors.index.json", index.Replace("model-0", "parts/model-0", StringComparison.Ordinal));
        _folder.Write($"{Snapshot}/parts/x");
        foreach (string file in new[] { "config.json", "preprocessor_config.json", "model-00001-of-00004.safetensors" })
        {
            string target = file.StartsWith("model", StringComparison.Ordinal) ? $"parts/{file}" : file;
            File.Copy(Path.Combine(GoldenFiles.Published("chat-vision-shard-only"), file), _folder.At(Snapshot, target));
        }

        VerbRun import = await VerbRun.RunAsync(VerbRun.Roots(_folder.Root, _folder.At("hub")), "models", "import", "org/m", "--name", "m");

        Assert.Equal(0, import.ExitCode);
        Assert.True(File.Exists(_folder.At("models", "m", "parts", "model-00001-of-00004.safetensors")));
        Assert.Equal(0, (await RunAsync("models", "verify", "m")).ExitCode);
    }

    [Fact]
    public async Task A_scan_finds_a_weight_that_is_no_number()
    {
        Directory.CreateDirectory(_folder.At("nan"));
        foreach (string file in Directory.GetFiles(GoldenFiles.Nano, "*.json"))
            File.Copy(file, _folder.At("nan", Path.GetFileName(file)));
        byte[] weights = await File.ReadAllBytesAsync(Path.Combine(GoldenFiles.Nano, "model.safetensors"));
        weights[^1] = weights[^2] = 0x7F;
        weights[^2] = 0xC0;
        await File.WriteAllBytesAsync(_folder.At("nan", "model.safetensors"), weights);

        VerbRun scanned = await RunAsync("models", "verify", _folder.At("nan"), "--scan");

        Assert.Equal(0, (await RunAsync("models", "verify", _folder.At("nan"))).ExitCode);
        Assert.Equal(1, scanned.ExitCode);
        Assert.Contains("1 tensors hold infinities or NaN", scanned.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_shows_devices_memory_and_rate()
    {
        JsonElement plan = Parse(Assert.Single((await RunAsync(
            "models", "plan", "internvit-nano", "--devices", "cpu:0=9MiB,cpu:1=9MiB", "--tflops", "0.1")).Lines));

        Assert.True(plan.GetProperty("fits").GetBoolean());
        Assert.Equal(["cpu:0", "cpu:1"], plan.GetProperty("segments").EnumerateArray().Select(segment => Text(segment, "device")));
        double gflop = plan.GetProperty("gflop").GetDouble();
        Assert.Equal(100 / gflop, plan.GetProperty("images_per_second").GetDouble(), 1e-6);
    }

    [Fact]
    public async Task A_plan_that_does_not_fit_says_what_is_short_and_fails()
    {
        VerbRun run = await RunAsync("models", "plan", "internvit-nano", "--devices", "cpu:0=5MiB");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("model 'internvit-nano' does not fit: its devices are short by", run.Error, StringComparison.Ordinal);
        Assert.Contains("does not fit: cpu:0 is short by", run.Error, StringComparison.Ordinal);
        Assert.False(Parse(Assert.Single(run.Lines)).TryGetProperty("images_per_second", out _));
    }

    /// <summary>Serving it takes the memory of both towers, so a plan of the image tower alone would promise too much.</summary>
    [Fact]
    public async Task A_plan_of_two_towers_counts_the_memory_of_both()
    {
        string path = GoldenFiles.PathOf("text", "models", "siglip");
        JsonElement plan = Parse(Assert.Single((await RunAsync(
            "models", "plan", path, "--devices", "cuda:0=24GiB", "--batch", "4", "--tflops", "60")).Lines));
        using Checkpoint checkpoint = Checkpoint.Open(path);
        EncoderCosts images = checkpoint.Costs(InputSize.Of(checkpoint.Preprocessing));
        EncoderCosts texts = checkpoint.TextTower!.Costs(InputSize.Of(checkpoint.TextTower.Preprocessing));

        JsonElement segment = plan.GetProperty("segments")[0];
        Assert.Equal(texts.TotalParameters, plan.GetProperty("text_tower_parameters").GetInt64());
        long parameters = segment.GetProperty("weight_bytes").GetInt64() / sizeof(float);
        // A text tower's blocks are shared out to the image tower's, rounded up.
        Assert.InRange(parameters - images.TotalParameters - texts.TotalParameters, 0, images.Depth);
        Assert.Equal(
            (images.ActivationElements + texts.ActivationElements) * 4 * sizeof(float), segment.GetProperty("activation_bytes").GetInt64());
        Assert.Equal(images.TotalFlops / 1e9, plan.GetProperty("gflop").GetDouble(), 1e-9);
    }

    [Fact]
    public async Task A_model_that_fits_one_device_is_replicated_and_the_plan_says_what_a_pipeline_would_cost()
    {
        JsonElement plan = Parse(Assert.Single((await RunAsync(
            "models", "plan", "internvit-nano", "--devices", "cuda:0=24GiB,cuda:1=24GiB,cuda:2=24GiB", "--tflops", "60")).Lines));

        JsonElement[] replicas = [.. plan.GetProperty("replicas").EnumerateArray()];
        Assert.Equal(["cuda:0", "cuda:1", "cuda:2"], replicas.Select(replica => Text(replica.GetProperty("segments")[0], "device")));
        Assert.Equal(180_000 / plan.GetProperty("gflop").GetDouble(), plan.GetProperty("images_per_second").GetDouble(), 1e-6);
        Assert.Matches("fits one device: 3 replicas of 1 segment; a pipeline over them would give .* images/s less", Text(plan, "reason")!);
    }

    [Fact]
    public async Task A_model_too_large_for_a_device_is_cut_and_the_plan_says_why()
    {
        JsonElement plan = Parse(Assert.Single((await RunAsync(
            "models", "plan", "internvit-nano", "--devices", "cuda:0=9MiB,cuda:1=9MiB,cuda:2=9MiB,cuda:3=9MiB")).Lines));

        Assert.Equal(2, plan.GetProperty("replicas").GetArrayLength());
        Assert.Matches("fits no single device .the largest holds [0-3] of 4 blocks.: 2 replicas of 2 segments, the fewest that fit", Text(
            plan, "reason")!);
    }

    [Fact]
    public async Task The_speed_of_cpu_devices_is_measured_on_the_models_own_block()
    {
        VerbRun run = await RunAsync("models", "plan", "internvit-nano", "--devices", "cpu:0");

        Assert.Contains("measured on this machine", run.Error, StringComparison.Ordinal);
        Assert.InRange(Parse(Assert.Single(run.Lines)).GetProperty("images_per_second").GetDouble(), double.Epsilon, double.MaxValue);
    }

    [Fact]
    public async Task In_int8_a_plan_says_how_much_faster_than_fp32_it_takes_the_processor_to_be()
    {
        VerbRun run = await RunAsync("models", "plan", "internvit-nano", "--devices", "cpu:0", "--precision", "int8");

        Assert.Matches("int8 is reckoned (2.6|1.4) times as fast", run.Error);
    }

    [Fact]
    public async Task On_a_terminal_tables_are_drawn()
    {
        VerbRun run = await VerbRun.RunAsync(
            VerbRun.Roots(_folder.Root), [], onTerminal: true, default, "models", "plan", "internvit-nano", "--devices", "cuda:0");

        Assert.Contains("activations", run.Out, StringComparison.Ordinal);
        Assert.Contains("images: crop to 112 × 112, mean 0.485 0.456 0.406, std 0.229", run.Out, StringComparison.Ordinal);
        Assert.Contains("(preprocessor_config.json)", run.Out, StringComparison.Ordinal);
        Assert.Contains("images/s unknown (give --tflops)", run.Out, StringComparison.Ordinal);
    }

    private Task<VerbRun> RunAsync(params string[] arguments) => VerbRun.RunAsync(VerbRun.Roots(_folder.Root), arguments);

    private static JsonElement Parse(string line) => JsonDocument.Parse(line).RootElement;

    private static string? Text(JsonElement row, string name) => row.GetProperty(name).GetString();
}
