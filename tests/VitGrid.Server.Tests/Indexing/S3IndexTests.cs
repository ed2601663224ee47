using System.Formats.Tar;
using System.Text;
using System.Text.Json;
using VitGrid.LoadTest.Objects;
using VitGrid.Server.Tests.Cluster;
using VitGrid.Server.Tests.Verbs;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Indexing;

/// <summary><c>vitgrid index</c> with a store over real HTTP, and credentials as the store's users set them.</summary>
public sealed class S3IndexTests : IAsyncLifetime, IDisposable
{
    private const int Images = 48;
    private static readonly string[] Secrets = ["s3cr3t/4711+abc", "t0ken/0815+def"];

    private readonly TemporaryFolder _folder = new();
    private readonly List<StartedProcess> _processes = [];
    private S3Server _store = null!;
    private string _redis = "";

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(_folder.At("buckets", "photos"));
        Directory.CreateDirectory(_folder.At("images"));
        Directory.CreateDirectory(_folder.At("redis"));
        _store = await S3Server.StartAsync(_folder.At("buckets"));
    }

    public async Task DisposeAsync()
    {
        _processes.ForEach(process => process.Dispose());
        await _store.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();

    [RedisFact]
    public async Task A_bucket_of_archives_goes_through_servers_that_are_killed_and_no_credential_is_said_or_kept()
    {
        await StartRedisAsync();
        WriteArchives(3);
        _store.Fault = _ => Random.Shared.Next(10) switch { 0 => 503, 1 => S3Server.Cut, _ => 0 };
        (string Name, string Value)[] profile = WriteProfile();
        Assert.Equal(0, await SubmitAsync(profile, "s3://photos/a-{0..2}.tar"));
        for (int killed = 0, target = 6; killed < 2; killed++, target += 16)
        {
            StartedProcess server = Serve(profile);
            await UntilAsync(job => job.GetProperty("done").GetInt64() >= target);
            server.Kill();
        }
        Serve(profile);
        VerbRun watched = await VerbRun.RunAsync("index", "status", "j", "--watch", "--queue-redis", _redis);
        Assert.Contains($"job j is finished: {Images} done, 0 dead, 0 cancelled", watched.Error, StringComparison.Ordinal);

        Dictionary<string, float[]> expected = Vectors((await VerbRun.RunAsync("embed", _folder.At("images"))).Lines, "file");
        string[] lines = await File.ReadAllLinesAsync(_folder.At("out.jsonl"));
        Assert.Equal(Images, lines.Length);
        Dictionary<string, float[]> indexed = Vectors(lines, "id");
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), indexed.Keys.Order(StringComparer.Ordinal));
        Assert.All(expected, pair => Assert.Equal(pair.Value, indexed[pair.Key]));
        await AssertNothingToldAsync(S3Server.AccessKey);
    }

    [RedisFact]
    public async Task Credentials_that_are_refused_are_told_of_by_item_and_never_told()
    {
        const string Refused = "AKIAREFUSED4711";
        await StartRedisAsync();
        WriteArchives(1);
        Assert.Equal(1, await SubmitAsync(Environment(Refused), "s3://photos/a-0.tar"));
        Assert.Contains("may not be read (status 403", _processes[^1].Said, StringComparison.Ordinal);
        Assert.Equal(1, await SubmitAsync(Environment(S3Server.AccessKey), $"s3://{Refused}:{Secrets[0]}@photos/a-0.tar"));
        Assert.Contains("and no credentials", _processes[^1].Said, StringComparison.Ordinal);
        Assert.Equal(0, await SubmitAsync(Environment(S3Server.AccessKey), "s3://photos/a-0.tar"));
        Serve(Environment(Refused));
        await UntilAsync(job => job.GetProperty("state").GetString() == "finished");
        VerbRun dead = await VerbRun.RunAsync("index", "dead", "j", "--queue-redis", _redis);
        Assert.Equal(Images, dead.Lines.Count);
        Assert.All(dead.Lines, line => Assert.Equal(
            "file_unreadable", JsonDocument.Parse(line).RootElement.GetProperty("code").GetString()));
        await AssertNothingToldAsync(Refused);
    }

    /// <summary>Neither in what processes said, nor in what verbs show, nor in all that Redis has written down.</summary>
    private async Task AssertNothingToldAsync(string key)
    {
        List<string> told = [.. _processes.Select(process => process.Said)];
        foreach (string[] verb in (string[][])[["status", "j", "--json"], ["status"], ["dead", "j"]])
        {
            VerbRun run = await VerbRun.RunAsync(["index", .. verb, "--queue-redis", _redis]);
            told.Add(run.Out + run.Error);
        }
        string[] files = Directory.GetFiles(_folder.At("redis"), "*.aof", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        told.AddRange(files.Select(ReadWhileWritten));
        Assert.All(Secrets.Append(key), secret => Assert.All(told, text => Assert.False(
            text.Contains(secret, StringComparison.Ordinal), $"'{secret}' is told: {text[..Math.Min(text.Length, 4_000)]}")));
    }

    private static string ReadWhileWritten(string file)
    {
        using FileStream opened = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using StreamReader reader = new(opened, Encoding.Latin1);
        return reader.ReadToEnd();
    }

    private void WriteArchives(int count)
    {
        string[] drawn = Directory.GetFiles(Path.Combine(GoldenFiles.Repository, "docs", "images"), "*.png");
        foreach (int[] part in Enumerable.Range(0, Images).Chunk(Images / count))
        {
            using FileStream file = File.Create(_folder.At("buckets", "photos", $"a-{part[0] * count / Images}.tar"));
            using TarWriter tar = new(file);
            foreach (int i in part)
            {
                string image = _folder.At("images", $"{i:00}.png");
                File.Copy(drawn[i % drawn.Length], image);
                tar.WriteEntry(image, $"{i:00}.png");
            }
        }
    }

    private async Task StartRedisAsync()
    {
        (StartedProcess redis, _redis) = await StartedProcess.RedisAsync(_folder.At("redis"));
        _processes.Add(redis);
    }

    private Task<int> SubmitAsync((string Name, string Value)[] environment, string source)
    {
        StartedProcess submit = StartedProcess.VitGrid(
            environment,
            ["index", "submit", source, "--model", "internvit-nano", "--sink", $"jsonl:{_folder.At("out.jsonl")}", "--job", "j",
                "--queue-redis", _redis, "--verbose"]);
        _processes.Add(submit);
        return submit.ExitAsync();
    }

    private StartedProcess Serve((string Name, string Value)[] environment)
    {
        StartedProcess server = StartedProcess.VitGrid(
            [.. environment, ("Logging__LogLevel__Default", "Trace")],
            ["serve", "--urls", "http://127.0.0.1:0", "--queue-redis", _redis, "--VitGrid:Indexing:S3:Buckets=photos",
                $"--VitGrid:Indexing:SinkRoots={_folder.Root}", "--VitGrid:Indexing:PartRows=4",
                "--VitGrid:Indexing:PartMilliseconds=100", "--VitGrid:Indexing:ClaimMilliseconds=1000", "--VitGrid:Indexing:MaxItems=8"]);
        _processes.Add(server);
        return server;
    }

    /// <summary>What the store's users set.</summary>
    private (string Name, string Value)[] Environment(string key) =>
    [
        ("AWS_ENDPOINT_URL", _store.Address.ToString()), ("AWS_REGION", "eu-central-1"), ("AWS_ACCESS_KEY_ID", key),
        ("AWS_SECRET_ACCESS_KEY", Secrets[0]), ("AWS_SESSION_TOKEN", Secrets[1]),
    ];

    /// <summary>The same in the files of a profile.</summary>
    private (string Name, string Value)[] WriteProfile() =>
    [
        ("AWS_PROFILE", "team"),
        ("AWS_CONFIG_FILE", _folder.Write("config", $"""
            [profile team]
            region = eu-central-1
            endpoint_url = {_store.Address}

            """)),
        ("AWS_SHARED_CREDENTIALS_FILE", _folder.Write("credentials", $"""
            [team]
            aws_access_key_id = {S3Server.AccessKey}
            aws_secret_access_key = {Secrets[0]}
            aws_session_token = {Secrets[1]}

            """)),
    ];

    private static Dictionary<string, float[]> Vectors(IEnumerable<string> lines, string name) =>
        lines.Select(line => JsonDocument.Parse(line).RootElement).ToDictionary(
            line => line.GetProperty(name).GetString()!.Split('/', '#')[^1], SteadyLoad.Vector);

    private async Task UntilAsync(Func<JsonElement, bool> wanted)
    {
        using CancellationTokenSource limit = new(StartedProcess.Timeout);
        while (true)
        {
            VerbRun status = await VerbRun.RunAsync("index", "status", "j", "--json", "--queue-redis", _redis);
            if (wanted(JsonDocument.Parse(status.Out).RootElement.GetProperty("jobs")[0]))
                return;
            Assert.False(limit.IsCancellationRequested, $"the job never came so far; last: {status.Out}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), CancellationToken.None);
        }
    }
}
