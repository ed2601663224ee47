using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using VitGrid.Server.Tests.Cluster;
using VitGrid.Server.Tests.Verbs;

namespace VitGrid.Server.Tests.Compatibility;

/// <summary>What the program of 3e75086 has written is read by the program of today.</summary>
public sealed class UpgradeTests
{
    [RedisTheory]
    [InlineData("jsonl", "vectors.jsonl.parts/vitgrid.json")]
    [InlineData("npy", "vectors.npy/_vitgrid/vitgrid.json")]
    [InlineData("parquet", "vectors/_vitgrid/vitgrid.json")]
    public async Task A_job_that_was_killed_in_mid_part_goes_on_and_every_vector_is_in_its_sink_once(string kind, string manifest)
    {
        using UpgradedServer server = await UpgradedServer.RestoreAsync($"begun-{kind}");
        await server.StartQueueAsync();
        VerbRun watched = await server.IndexAsync("status", $"begun-{kind}", "--watch");
        Assert.Contains($"job begun-{kind} is finished: 60 done, 0 dead, 0 cancelled", watched.Error, StringComparison.Ordinal);
        Assert.Equal(0, watched.ExitCode);
        Assert.Equal(60, Rows(Path.Combine(server.Sinks, manifest)));
        string metrics = await server.Http.GetStringAsync("/metrics");
        string[] told = ["vitgrid_index_items_total", "vitgrid_index_lag", "vitgrid_index_pending"];
        Assert.All(told, name => Assert.Contains(name, metrics, StringComparison.Ordinal));
        if (kind == "jsonl")
            await EqualsEmbedAsync(await File.ReadAllTextAsync(Path.Combine(server.Sinks, "vectors.jsonl")));
    }

    [RedisTheory]
    [InlineData("jsonl", "vectors.jsonl.parts/vitgrid.json")]
    [InlineData("npy", "vectors.npy/_vitgrid/vitgrid.json")]
    [InlineData("parquet", "vectors/_vitgrid/vitgrid.json")]
    public async Task A_finished_job_is_told_its_dead_letters_are_retried_and_its_sink_takes_them(string kind, string manifest)
    {
        using UpgradedServer server = await UpgradedServer.RestoreAsync("finished");
        string job = $"finished-{kind}", path = Path.Combine(server.Sinks, manifest);
        Assert.Equal(5, Rows(path));
        Assert.Equal(("finished", 6, 5, 1), await StatusAsync(server, job));
        JsonElement dead = JsonDocument.Parse(Assert.Single((await server.IndexAsync("dead", job)).Lines)).RootElement;
        Assert.Equal(("broken", "unsupported_image_format"), (dead.GetProperty("id").GetString(), dead.GetProperty("code").GetString()));

        server.Repair();
        await server.StartQueueAsync();
        Assert.Equal(0, (await server.IndexAsync("retry", job)).ExitCode);
        Assert.Equal(0, (await server.IndexAsync("status", job, "--watch")).ExitCode);
        Assert.Equal(("finished", 6, 6, 0), await StatusAsync(server, job));
        Assert.Equal(6, Rows(path));
    }

    [RedisFact]
    public async Task A_finished_batch_and_its_files_are_there_as_they_were()
    {
        using UpgradedServer server = await UpgradedServer.RestoreAsync("finished");
        await server.StartQueueAsync();
        JsonElement batch = await BatchAsync(server.Http);
        Assert.Equal("completed", Text(batch, "status"));
        Assert.Equal("""{"total":3,"completed":2,"failed":1}""", batch.GetProperty("request_counts").GetRawText());
        Assert.Equal("sample", Text(batch.GetProperty("metadata"), "who"));
        JsonElement files = JsonDocument.Parse(await server.Http.GetStringAsync("/v1/files")).RootElement.GetProperty("data");
        Assert.Equal(["batch", "batch_output", "batch_output"], files.EnumerateArray().Select(file => Text(file, "purpose")).Order());
        string[] ids = [.. files.EnumerateArray().Select(file => Text(file, "id"))];
        Assert.Equal(ids.Order(), new[] { "input_file_id", "output_file_id", "error_file_id" }.Select(name => Text(batch, name)).Order());
        foreach (string id in ids)
        {
            byte[] content = await server.Http.GetByteArrayAsync($"/v1/files/{id}/content");
            Assert.Equal(UpgradedServer.Read("finished-spool", "files", $"{id}.jsonl"), content);
        }
    }

    [RedisFact]
    public async Task A_batch_that_was_killed_goes_on_and_answers_every_line()
    {
        using UpgradedServer server = await UpgradedServer.RestoreAsync("begun-batch");
        await server.StartQueueAsync();
        JsonElement batch = await CompletedAsync(server.Http);
        Assert.Equal("""{"total":60,"completed":60,"failed":0}""", batch.GetProperty("request_counts").GetRawText());
        string output = await server.Http.GetStringAsync($"/v1/files/{Text(batch, "output_file_id")}/content");
        Assert.Equal(
            Enumerable.Range(0, 60).Select(i => $"l{i:00}"),
            Lines(output).Select(line => Text(line, "custom_id")));
    }

    [RedisTheory]
    [InlineData("fp32", 1e-4f)]
    [InlineData("fp16", 2e-3f)]
    public async Task Cached_vectors_are_found_and_are_those_that_are_computed(string format, float tolerance)
    {
        using UpgradedServer server = await UpgradedServer.RestoreAsync($"cache-{format}");
        await server.StartCacheAsync(format);
        foreach (string name in UpgradedServer.Names)
        {
            (float[] cached, string said) = await EmbedAsync(server.Http, name, "");
            (float[] computed, _) = await EmbedAsync(server.Http, name, "?cache=bypass");
            Assert.Equal("hit=1,miss=0", said);
            Assert.All(cached.Zip(computed), pair => Assert.Equal(pair.Second, pair.First, tolerance));
        }
    }

    private static IEnumerable<JsonElement> Lines(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement);

    private static int Number(JsonElement holder, string name) => holder.GetProperty(name).GetInt32();

    private static string Text(JsonElement holder, string name) => holder.GetProperty(name).GetString()!;

    private static async Task<(string State, int Total, int Done, int Dead)> StatusAsync(UpgradedServer server, string job)
    {
        JsonElement status = JsonDocument.Parse((await server.IndexAsync("status", job, "--json")).Out).RootElement.GetProperty("jobs")[0];
        return (Text(status, "state"), Number(status, "total"), Number(status, "done"), Number(status, "dead"));
    }

    /// <summary>Rows that a sink's manifest counts; every file it names is there as it says.</summary>
    private static int Rows(string manifest)
    {
        JsonElement result = JsonDocument.Parse(File.ReadAllBytes(manifest)).RootElement.GetProperty("result");
        string beside = Path.GetDirectoryName(manifest)!;
        string folder = Path.GetFileName(beside) == "_vitgrid" ? Path.GetDirectoryName(beside)! : beside;
        JsonElement[] parts = [.. result.GetProperty("parts").EnumerateArray()];
        foreach (JsonElement file in parts.SelectMany(part => part.GetProperty("files").EnumerateArray()))
        {
            byte[] content = File.ReadAllBytes(Path.Combine(folder, Text(file, "name")));
            Assert.Equal(Number(file, "bytes"), content.Length);
            Assert.Equal(Text(file, "sha256"), Convert.ToHexStringLower(SHA256.HashData(content)));
        }
        Assert.Equal(Number(result, "rows"), parts.Sum(part => Number(part, "rows")));
        return Number(result, "rows");
    }

    private static async Task EqualsEmbedAsync(string text)
    {
        VerbRun embed = await VerbRun.RunAsync(["embed", .. UpgradedServer.Names.Select(UpgradedServer.ImageOf)]);
        float[][] expected = [.. Lines(embed.Out).Select(SteadyLoad.Vector)];
        Dictionary<string, float[]> vectors = Lines(text).ToDictionary(line => Text(line, "id"), SteadyLoad.Vector);
        Assert.Equal(Enumerable.Range(0, 60).Select(i => $"i{i:00}"), vectors.Keys.Order(StringComparer.Ordinal));
        Assert.All(vectors, pair =>
        {
            float[] wanted = expected[int.Parse(pair.Key.AsSpan(1), null) % expected.Length];
            Assert.All(pair.Value.Zip(wanted), numbers => Assert.Equal(numbers.Second, numbers.First, 1e-4f));
        });
    }

    /// <summary>The only batch there is.</summary>
    private static async Task<JsonElement> BatchAsync(HttpClient http) =>
        Assert.Single(JsonDocument.Parse(await http.GetStringAsync("/v1/batches")).RootElement.GetProperty("data").EnumerateArray());

    private static async Task<JsonElement> CompletedAsync(HttpClient http)
    {
        using CancellationTokenSource limit = new(StartedProcess.Timeout);
        while (true)
        {
            JsonElement batch = await BatchAsync(http);
            if (Text(batch, "status") == "completed")
                return batch;
            Assert.False(limit.IsCancellationRequested, $"the batch was never completed; last: {batch.GetRawText()}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), CancellationToken.None);
        }
    }

    private static async Task<(float[] Vector, string Cache)> EmbedAsync(HttpClient http, string name, string query)
    {
        using ByteArrayContent body = new(await File.ReadAllBytesAsync(UpgradedServer.ImageOf(name)));
        body.Headers.ContentType = new("image/png");
        using HttpResponseMessage answer = await http.PostAsync($"/v1/embeddings{query}", body);
        JsonElement json = JsonDocument.Parse(Encoding.UTF8.GetString(await answer.Content.ReadAsByteArrayAsync())).RootElement;
        return (SteadyLoad.Vector(json.GetProperty("data")[0]), Assert.Single(answer.Headers.GetValues("x-vitgrid-cache")));
    }
}
