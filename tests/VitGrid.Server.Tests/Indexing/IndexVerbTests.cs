using System.Globalization;
using System.Text.Json;
using VitGrid.Server.Tests.Cluster;
using VitGrid.Server.Tests.Verbs;
using VitGrid.Testing;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Indexing;

/// <summary><c>vitgrid index</c> with a real queue, and servers that die.</summary>
public sealed class IndexVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<StartedProcess> _processes = [];

    [RedisFact]
    public async Task Servers_that_are_killed_in_mid_job_leave_every_vector_once_and_equal_to_what_embed_gives()
    {
        (StartedProcess redis, string address) = await StartedProcess.RedisAsync(_folder.Root);
        _processes.Add(redis);
        Directory.CreateDirectory(_folder.At("images"));
        string[] drawn = Directory.GetFiles(Path.Combine(GoldenFiles.Repository, "docs", "images"), "*.png");
        for (int i = 0; i < 60; i++)
            File.Copy(drawn[i % drawn.Length], _folder.At("images", $"{i:00}.png"));
        _folder.Write("images/broken.jpg", "no image");
        string[] submit = ["index", "submit", _folder.At(
            "images"), "--model", "internvit-nano", "--sink", $"jsonl:{_folder.At("out.jsonl")}", "--job", "j", "--queue-redis", address];
        Assert.Equal((0, "j\n"), await VerbRun.RunAsync(submit) is var first ? (first.ExitCode, first.Out) : default);

        for (int killed = 0, target = 8; killed < 2; killed++, target += 20)
        {
            StartedProcess server = Serve(address);
            await UntilAsync(address, job => job.GetProperty("done").GetInt64() >= target);
            server.Kill();
        }
        Serve(address);
        VerbRun watched = await VerbRun.RunAsync("index", "status", "j", "--watch", "--queue-redis", address);
        Assert.Equal(2, watched.ExitCode);
        Assert.Contains("job j is finished: 60 done, 1 dead, 0 cancelled", watched.Error, StringComparison.Ordinal);

        Dictionary<string, float[]> expected = Vectors((await VerbRun.RunAsync("embed", _folder.At("images"))).Lines, "file");
        string[] lines = await File.ReadAllLinesAsync(_folder.At("out.jsonl"));
        Assert.Equal(60, lines.Length);
        Dictionary<string, float[]> indexed = Vectors(lines, "id");
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), indexed.Keys.Order(StringComparer.Ordinal));
        Assert.All(expected, pair => Assert.Equal(pair.Value, indexed[pair.Key]));
        VerbRun dead = await VerbRun.RunAsync("index", "dead", "j", "--queue-redis", address);
        Assert.Equal("unsupported_image_format", JsonDocument.Parse(Assert.Single(dead.Lines)).RootElement.GetProperty("code").GetString());
        VerbRun again = await VerbRun.RunAsync(submit);
        Assert.Contains("was submitted before: 61 items, finished", again.Error, StringComparison.Ordinal);
    }

    [RedisFact]
    public async Task Features_of_a_server_that_is_killed_in_mid_job_are_there_once_and_equal_to_what_embed_gives()
    {
        (StartedProcess redis, string address) = await StartedProcess.RedisAsync(_folder.Root);
        _processes.Add(redis);
        Directory.CreateDirectory(_folder.At("images"));
        string[] drawn = Directory.GetFiles(Path.Combine(GoldenFiles.Repository, "docs", "images"), "*.png");
        for (int i = 0; i < 24; i++)
            File.Copy(drawn[i % drawn.Length], _folder.At("images", $"{i:00}.png"));
        const string Fields = "layers=2,-1;outputs=cls,patches;layout=NCHW;dtype=fp16";
        VerbRun submitted = await VerbRun.RunAsync(
            "index", "submit", _folder.At("images"), "--model", "internvit-nano", "--features", Fields, "--sink",
            $"safetensors:{_folder.At("teacher")}", "--job", "j", "--queue-redis", address);
        Assert.Equal((0, "j\n"), (submitted.ExitCode, submitted.Out));
        StartedProcess server = Serve(address);
        await UntilAsync(address, job => job.GetProperty("done").GetInt64() >= 4);
        server.Kill();
        Serve(address);
        VerbRun watched = await VerbRun.RunAsync("index", "status", "j", "--watch", "--queue-redis", address);
        Assert.Contains("job j is finished: 24 done, 0 dead, 0 cancelled", watched.Error, StringComparison.Ordinal);

        string expected = _folder.At("expected.safetensors");
        Assert.Equal(0, (await VerbRun.RunAsync("embed", _folder.At("images"), "--features", Fields, "--out", expected)).ExitCode);
        ReadTensors all = new(await File.ReadAllBytesAsync(expected));
        HashSet<string> found = [];
        foreach (string file in Directory.GetFiles(_folder.At("teacher"), "*.safetensors"))
        {
            ReadTensors part = new(await File.ReadAllBytesAsync(file));
            string[] lines = await File.ReadAllLinesAsync(file[..^".safetensors".Length] + ".ids.jsonl");
            foreach ((int row, string line) in lines.Index())
            {
                string image = Path.GetFileNameWithoutExtension(JsonDocument.Parse(line).RootElement.GetProperty("id").GetString()!);
                Assert.True(found.Add(image), $"{image} is there twice");
                Assert.All(part.Names, name => Assert.Equal(
                    all.Numbers($"images.{int.Parse(image, CultureInfo.InvariantCulture)}.{name}"),
                    part.Numbers(name).Chunk(part.Numbers(name).Length / lines.Length).ElementAt(row)));
            }
        }
        Assert.Equal(24, found.Count);
    }

    [RedisFact]
    public async Task Texts_and_images_of_a_file_come_into_one_index_that_is_searched_by_both()
    {
        (StartedProcess redis, string address) = await StartedProcess.RedisAsync(_folder.Root);
        _processes.Add(redis);
        Serve(address);
        string cat = Path.Combine(Path.GetDirectoryName(GoldenFiles.Nano)!, "clip-nano", "demo", "own-5.png");
        File.Copy(cat, _folder.At("cat.png"));
        string items = _folder.Write("items.jsonl", """
            {"id":"words","text":"a black cat"}
            {"id":"drawing","uri":"cat.png"}
            {"id":"both","text":"x","uri":"cat.png"}
            {"id":"neither"}
            """);
        VerbRun submitted = await VerbRun.RunAsync(
            "index", "submit", items, "--model", "clip-nano", "--sink", $"npy:{_folder.At("out")}", "--job", "j", "--queue-redis", address,
            "--wait");
        Assert.Equal(2, submitted.ExitCode);
        Assert.Contains("line 3: it takes one of the texts", submitted.Error, StringComparison.Ordinal);
        Assert.Contains("job j is finished: 2 done, 0 dead", submitted.Error, StringComparison.Ordinal);

        VerbRun found = await VerbRun.RunAsync("search", _folder.At("out"), "a black cat", cat, "--top", "1");
        Assert.Equal((0, ""), (found.ExitCode, found.Error));
        Assert.Equal(["words", "drawing"], found.Lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("matches")[0])
            .Select(match => match.GetProperty("id").GetString()));
        Assert.All(found.Lines, line => Assert.Equal(
            1, JsonDocument.Parse(line).RootElement.GetProperty("matches")[0].GetProperty("cosine").GetDouble(), 1e-6));
    }

    [RedisFact]
    public async Task A_setting_behind_the_sources_of_a_submission_is_a_setting_and_no_source()
    {
        (StartedProcess redis, string address) = await StartedProcess.RedisAsync(_folder.Root);
        _processes.Add(redis);
        File.Copy(Path.Combine(GoldenFiles.Repository, "docs", "images", "fish.png"), _folder.At("fish.png"));
        VerbRun submitted = await VerbRun.RunAsync(
            "index", "submit", _folder.At("fish.png"), "--VitGrid:Indexing:KeyPrefix=north:", "--model", "m", "--sink",
            $"jsonl:{_folder.At("out.jsonl")}", "--job", "j", "--queue-redis", address);
        Assert.True(submitted.ExitCode == 0, submitted.Error);
        Assert.NotEqual(0, (await VerbRun.RunAsync("index", "status", "j", "--queue-redis", address)).ExitCode);
        Assert.Equal(0, (await VerbRun.RunAsync(
            "index", "status", "j", "--queue-redis", address, "--VitGrid:Indexing:KeyPrefix=north:")).ExitCode);
    }

    [Fact]
    public async Task Wrong_usage_is_told_with_what_would_be_right()
    {
        string images = Path.Combine(GoldenFiles.Repository, "docs", "images");
        string nobody = "127.0.0.1:1";
        await RefusedAsync(64, "sink 'csv' is unknown", "index", "submit", images, "--model", "m", "--sink", "csv:x", "--queue-redis",
            nobody);
        await RefusedAsync(64, "'a b' is no job id", "index", "submit", images, "--model", "m", "--sink", "jsonl:x", "--job", "a b",
            "--queue-redis", nobody);
        await RefusedAsync(64, "a table holds vectors", "index", "submit", images, "--model", "m", "--sink", "pgvector:Host=h;table=t",
            "--features", "layers=1", "--queue-redis", nobody);
        await RefusedAsync(64, "--pooling is for vectors", "index", "submit", images, "--model", "m", "--sink", "safetensors:x",
            "--features", "layers=1", "--pooling", "mean", "--queue-redis", nobody);
        await RefusedAsync(64, "--queue-redis is missing", "index", "status");
        await RefusedAsync(1, "source 'no-such-folder' is not there", "index", "submit", "no-such-folder", "--model", "m", "--sink",
            "jsonl:x", "--queue-redis", nobody);
        await RefusedAsync(1, $"the queue's Redis at {nobody} does not answer", "index", "status", "--queue-redis", nobody);
    }

    public void Dispose()
    {
        _processes.ForEach(process => process.Dispose());
        _folder.Dispose();
    }

    private static async Task RefusedAsync(int code, string message, params string[] arguments)
    {
        VerbRun run = await VerbRun.RunAsync(arguments);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Equal(code, run.ExitCode);
    }

    private static Dictionary<string, float[]> Vectors(IEnumerable<string> lines, string name) =>
        lines.Select(line => JsonDocument.Parse(line).RootElement)
        .Where(line => line.TryGetProperty("embedding", out _))
        .ToDictionary(line => Path.GetFileName(line.GetProperty(name).GetString()!), SteadyLoad.Vector);

    private static async Task UntilAsync(string address, Func<JsonElement, bool> wanted)
    {
        using CancellationTokenSource limit = new(StartedProcess.Timeout);
        while (true)
        {
            VerbRun status = await VerbRun.RunAsync("index", "status", "j", "--json", "--queue-redis", address);
            if (wanted(JsonDocument.Parse(status.Out).RootElement.GetProperty("jobs")[0]))
                return;
            Assert.False(limit.IsCancellationRequested, $"the job never came so far; last: {status.Out}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), CancellationToken.None);
        }
    }

    private StartedProcess Serve(string address)
    {
        StartedProcess server = StartedProcess.VitGrid(
            "serve", "--urls", "http://127.0.0.1:0", "--queue-redis", address, $"--VitGrid:Indexing:Roots={_folder.Root}",
            $"--VitGrid:Indexing:SinkRoots={_folder.Root}",
            "--VitGrid:Indexing:PartRows=4", "--VitGrid:Indexing:PartMilliseconds=100", "--VitGrid:Indexing:ClaimMilliseconds=1000",
            "--VitGrid:Indexing:MaxItems=8");
        _processes.Add(server);
        return server;
    }
}
