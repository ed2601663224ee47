using System.Text.Json;
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
        Assert.Equal(["internvit-nano bundled", "tiny imported"], list.Lines.Select(line => Parse(line)).Select(row => $"{Text(row, "name")} {Text(row, "origin")}"));
        Assert.All(Directory.GetFiles(GoldenFiles.Model("tiny-sharded-bf16")), file =>
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(_folder.At("models", "tiny", Path.GetFileName(file)))));
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
        Assert.Matches("^[0-9a-f]{32}$", Text(found, "fingerprint"));
        Assert.Equal(0, found.GetProperty("not_finite").GetArrayLength());
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
        Assert.Matches("fits no single device .the largest holds [0-3] of 4 blocks.: 2 replicas of 2 segments, the fewest that fit", Text(plan, "reason")!);
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
        VerbRun run = await VerbRun.OfAsync(VerbRun.Roots(_folder.Root), [], onTerminal: true, default, "models", "plan", "internvit-nano", "--devices", "cuda:0");

        Assert.Contains("activations", run.Out, StringComparison.Ordinal);
        Assert.Contains("images/s unknown (give --tflops)", run.Out, StringComparison.Ordinal);
    }

    private Task<VerbRun> RunAsync(params string[] arguments) => VerbRun.OfAsync(VerbRun.Roots(_folder.Root), arguments);

    private static JsonElement Parse(string line) => JsonDocument.Parse(line).RootElement;

    private static string? Text(JsonElement row, string name) => row.GetProperty(name).GetString();
}
