namespace VitGrid.Server.Tests.Verbs;

public sealed class UsageTests
{
    public static TheoryData<string, string> Refusals { get; } = new()
    {
        { "frob", "'frob' is not a verb, argument or option of vitgrid; it has serve, embed, search, models, parity, index, bench, "
            + "cluster, cache, keys, doctor, health" },
        { "models", "vitgrid models needs a verb; it has list, pull, import, verify, random, plan" },
        { "models verify", "NAME|DIR" },
        { "--bad", "'--bad' is not a verb, argument or option of vitgrid serve" },
        { "embed", "FILE|DIR|- is missing: name images or folders, or give --text" },
        { "embed --text a --pooling cls", "--pooling is for images, and a text has one vector" },
        { "embed --text @no-such-file", "--text: the file 'no-such-file' cannot be read as UTF-8" },
        { "embed a.png --layer x", "--layer: 'x' is not a whole number from -1000 to 1000" },
        { "embed a.png --pooling max", "--pooling: 'max' is not one of cls, mean, cls+mean" },
        { "embed a.png --output csv", "--output: 'csv' is not one of jsonl, npy, parquet" },
        { "embed a.png --output parquet", "add --out vectors.parquet" },
        { "embed a.png --poling mean", "'--poling' is not an option of vitgrid embed" },
        { "embed a.png --output npy", "add --out vectors.npy" },
        { "embed a.png --normalize maybe", "--normalize: 'maybe' is not one of true, false" },
        { "embed a.png --neighbours 0", "--neighbours: '0' is not a whole number from 1 to 1000" },
        { "embed a.png --devices gpu", "--devices: device 'gpu' is not of the form cpu:N" },
        { "embed a.png --precision int4", "--precision: 'int4' is not one of auto, fp32, bf16" },
        { "embed a.png --segments 0", "--segments: '0' is not a whole number" },
        { "embed a.png --segments 5", "--segments: 5 is more than the 4 blocks of internvit-nano" },
        { "embed a.png --layer 5", "--layer: 5 is not from -5 to 4; internvit-nano has 4 blocks" },
        { "embed - -", "'-' stands for standard input and can be given once" },
        { "search", "FOLDER|INDEX" },
        { "search docs", "IMAGE|\"TEXT\"" },
        { "search docs no-such.png", "'no-such.png' is no file, and as words it would find something all the same" },
        { "search docs .", "'.' is a folder; name one image of it, or words" },
        { "search docs - -", "'-' stands for standard input and can be given once" },
        { "search docs - --top 0", "--top: '0' is not a whole number from 1 to 10000" },
        { "serve --role api", "--role api needs --redis HOST:PORT" },
        { "serve --role worker", "--role worker needs --redis HOST:PORT" },
        { "serve --role api --redis 127.0.0.1:1 --model internvit-nano",
            "--role api has no devices and learns the models from the workers" },
        { "serve --role boss", "--role: 'boss' is not one of all, api, worker" },
        { "cluster", "vitgrid cluster needs a verb; it has status, drain" },
        { "cluster status", "--redis is missing" },
        { "cache", "vitgrid cache needs a verb; it has stats, purge" },
        { "cache stats", "--redis is missing" },
        { "cache purge --redis 127.0.0.1:1", "--model" },
        { "serve --urls localhost", "--urls: 'localhost' is not an address such as http://127.0.0.1:8080" },
        { "serve --silo-port 70000", "--silo-port: '70000' is not a whole number from 0 to 65535" },
        { "--model internvit-nano --model internvit-nano", "would both be served as 'internvit-nano'" },
        { "models import . --name ../x", "--name: '../x' is not 1–128 letters" },
        { "models import ./absent --name x", "'./absent' is not a folder" },
        { "models random vit-b --out x", "'vit-b' is not one of dinov2-small" },
        { "models random internvit-300m-448px --out x --dtype int8", "--dtype: 'int8' is not one of bf16, fp32" },
        { "models plan internvit-nano --devices cpu:0,cpu:1 --tflops 1,2,3", "--tflops: 3 numbers for 2 devices" },
        { "models plan internvit-nano --devices cpu:0 --segments 9", "--segments: 9 is more than the 4 blocks" },
        { "health --url localhost:8080", "--url: 'localhost:8080' is not an address such as http://127.0.0.1:8080/health/ready" },
        { "doctor --front-end http://127.0.0.1:8080", "--front-end goes with --cluster" },
        { "doctor --cluster --front-end localhost:8080", "--front-end: 'localhost:8080' is not an address such as http://127.0.0.1:8080" },
        { "health --timeout-ms 0", "--timeout-ms: '0' is not a whole number from 1 to 600000" },
        { "parity", "--expected" },
        { "parity --expected x --tolerance -1", "--tolerance: '-1' is not a number from 0 up" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Wrong_usage_names_option_value_and_remedy_and_exits_64(string line, string message)
    {
        VerbRun run = await VerbRun.RunAsync(line.Split(' '));

        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Matches("see vitgrid.* --help\n$", run.Error);
        Assert.Empty(run.Out);
        Assert.Equal(64, run.ExitCode);
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("fp32")]
    [InlineData("int8")]
    public async Task Every_named_precision_is_taken(string precision)
    {
        VerbRun run = await VerbRun.RunAsync(["embed", "no-such.png", "--precision", precision]);

        Assert.DoesNotContain("unexpected", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("serve")]
    [InlineData("embed")]
    [InlineData("models list")]
    [InlineData("models import")]
    [InlineData("models verify")]
    [InlineData("models random")]
    [InlineData("models plan")]
    [InlineData("parity")]
    [InlineData("doctor")]
    [InlineData("health")]
    [InlineData("bench")]
    public async Task Every_verb_has_help_with_an_example(string verb)
    {
        VerbRun run = await VerbRun.RunAsync([.. verb.Split(' '), "--help"]);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains($"Examples:\n  vitgrid {verb}", run.Out, StringComparison.Ordinal);
        Assert.Contains("--verbose", run.Out, StringComparison.Ordinal);
        Assert.Empty(run.Error);
    }

    [Fact]
    public async Task The_help_of_the_root_lists_every_verb()
    {
        VerbRun run = await VerbRun.RunAsync("--help");

        Assert.All(["serve", "embed", "models", "parity", "doctor", "health", "bench"], verb => Assert.Contains(
            $"\n  {verb}", run.Out, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Asking_for_help_wins_over_wrong_values()
    {
        VerbRun run = await VerbRun.RunAsync("embed", "--layer", "x", "--help");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("Usage:", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_model_is_a_failure_that_lists_the_known_ones()
    {
        VerbRun run = await VerbRun.RunAsync("models", "verify", "internvit-9000");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("model 'internvit-9000' is neither a known name nor a folder. Known: clip-nano, internvit-nano.", run.Error,
            StringComparison.Ordinal);
        Assert.Contains("vitgrid models import DIR --name NAME", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_shows_its_stack_only_when_asked()
    {
        VerbRun quiet = await VerbRun.RunAsync("models", "verify", "internvit-9000");
        VerbRun verbose = await VerbRun.RunAsync("models", "verify", "internvit-9000", "--verbose");

        Assert.DoesNotContain("   at ", quiet.Error, StringComparison.Ordinal);
        Assert.Contains("   at ", verbose.Error, StringComparison.Ordinal);
    }
}
