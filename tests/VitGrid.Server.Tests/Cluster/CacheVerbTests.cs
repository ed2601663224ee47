using System.Text.Json;
using VitGrid.Server.Tests.Verbs;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Cluster;

/// <summary><c>vitgrid cache</c> beside a server that fills the cache.</summary>
public sealed class CacheVerbTests : IDisposable
{
    private static readonly string Images = Path.Combine(GoldenFiles.Repository, "docs", "images");

    private readonly TemporaryFolder _folder = new();

    [RedisFact]
    public async Task Stats_count_what_a_server_stored_purge_removes_it_and_the_server_computes_again()
    {
        (StartedProcess redis, string address) = await StartedProcess.RedisAsync(_folder.Root);
        using StartedProcess held = redis;
        using StartedProcess server = StartedProcess.VitGrid(
            "serve", "--model", "internvit-nano", "--devices", "cpu:0", "--urls", "http://127.0.0.1:0", "--VitGrid:Cache:MemoryBytes=0",
            $"--VitGrid:Cache:Redis={address}");
        using HttpClient http = new() { BaseAddress = new(await server.ReadyAsync()) };
        Assert.Equal("hit=0,miss=1", await EmbedAsync(http, "fish.png"));
        Assert.Equal("hit=0,miss=1", await EmbedAsync(http, "house.png"));
        JsonElement stats = await StatsAsync(address, 2);
        Assert.Equal("internvit-nano", Row(stats).GetProperty("model").GetString());
        Assert.True(Row(stats).GetProperty("bytes").GetInt64() > 2 * 4);
        Assert.Contains("has no memory bound", stats.GetProperty("warning").GetString(), StringComparison.Ordinal);
        Assert.Equal("hit=1,miss=0", await EmbedAsync(http, "fish.png"));
        Assert.Equal("fp32", JsonDocument.Parse(await http.GetStringAsync("/v1/models")).RootElement.GetProperty("data")[0].GetProperty(
            "cache_format").GetString());

        VerbRun other = await VerbRun.RunAsync("cache", "purge", "--model", "internvit", "--redis", address);
        VerbRun purge = await VerbRun.RunAsync("cache", "purge", "--model", "internvit-nano", "--redis", address);
        Assert.Equal((0, "0 vectors of internvit removed\n", 0, "2 vectors of internvit-nano removed\n"),
            (other.ExitCode, other.Error, purge.ExitCode, purge.Error));
        Assert.Equal("hit=0,miss=1", await EmbedAsync(http, "fish.png"));
    }

    [RedisFact]
    public async Task Where_tenants_are_kept_apart_stats_count_each_of_them()
    {
        (StartedProcess redis, string address) = await StartedProcess.RedisAsync(_folder.Root);
        using StartedProcess held = redis;
        string keys = _folder.At("keys.json");
        string alice = await KeyAsync(keys, "alice"), bob = await KeyAsync(keys, "bob");
        using StartedProcess server = StartedProcess.VitGrid(
            "serve", "--model", "internvit-nano", "--devices", "cpu:0", "--urls", "http://127.0.0.1:0", "--VitGrid:Cache:MemoryBytes=0",
            $"--VitGrid:Cache:Redis={address}", "--VitGrid:Cache:PerTenant=true", "--VitGrid:Auth:Mode=required",
            $"--VitGrid:Auth:KeyFile={keys}");
        using HttpClient http = new() { BaseAddress = new(await server.ReadyAsync()) };
        http.DefaultRequestHeaders.Add("api-key", alice);
        Assert.Equal("hit=0,miss=1", await EmbedAsync(http, "fish.png"));
        Assert.Equal("hit=0,miss=1", await EmbedAsync(http, "house.png"));
        http.DefaultRequestHeaders.Remove("api-key");
        http.DefaultRequestHeaders.Add("api-key", bob);
        Assert.Equal("hit=0,miss=1", await EmbedAsync(http, "fish.png"));

        JsonElement all = await StatsAsync(address, 3);
        Assert.Equal([1, 2], all.GetProperty("models").EnumerateArray().Select(row => row.GetProperty("vectors").GetInt32()).Order());
        string id = JsonDocument.Parse((await VerbRun.RunAsync("keys", "list", "--json", "--file", keys)).Out.Split('\n')[0])
            .RootElement.GetProperty("id").GetString()!;
        Assert.Equal(2, Row(await StatsAsync(address, 2, "--tenant", id)).GetProperty("vectors").GetInt32());
        Assert.Empty((await StatsAsync(address, 0, "--tenant", "nobody")).GetProperty("models").EnumerateArray());
    }

    [RedisFact]
    public async Task A_redis_that_is_not_there_is_told()
    {
        VerbRun run = await VerbRun.RunAsync("cache", "stats", "--redis", "127.0.0.1:1");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("does not answer", run.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static JsonElement Row(JsonElement stats) => Assert.Single(stats.GetProperty("models").EnumerateArray());

    /// <summary>Vectors are written after the answer: asks until they are there.</summary>
    private static async Task<JsonElement> StatsAsync(string address, int vectors, params string[] more)
    {
        using CancellationTokenSource limit = new(StartedProcess.Timeout);
        while (true)
        {
            VerbRun run = await VerbRun.RunAsync([
                "cache", "stats", "--model", "internvit-nano", "--redis", address, "--json", .. more]);
            JsonElement stats = JsonDocument.Parse(run.Out).RootElement;
            if (stats.GetProperty("models").EnumerateArray().Sum(model => model.GetProperty("vectors").GetInt64()) == vectors)
                return stats;
            limit.Token.ThrowIfCancellationRequested();
        }
    }

    private static async Task<string> KeyAsync(string file, string name) =>
        Assert.Single((await VerbRun.RunAsync("keys", "create", name, "--file", file)).Lines);

    private static async Task<string> EmbedAsync(HttpClient http, string image)
    {
        using ByteArrayContent body = new(await File.ReadAllBytesAsync(Path.Combine(Images, image)));
        body.Headers.ContentType = new("image/png");
        using HttpResponseMessage answer = await http.PostAsync("/v1/embeddings", body);
        answer.EnsureSuccessStatusCode();
        return Assert.Single(answer.Headers.GetValues("x-vitgrid-cache"));
    }
}
