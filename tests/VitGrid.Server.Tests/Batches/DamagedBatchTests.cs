using System.Text.Json;
using VitGrid.Server.Tests.Cluster;
using VitGrid.Server.Tests.Verbs;

namespace VitGrid.Server.Tests.Batches;

/// <summary>What one batch does, or somebody does to its record, over HTTP: the others are listed and run.</summary>
public sealed class DamagedBatchTests
{
    [RedisFact]
    public async Task Garbage_in_the_place_of_batches_and_jobs_is_listed_as_their_error_and_others_are_run_to_their_end()
    {
        using BatchServer server = await BatchServer.StartAsync();
        string whole = await server.SubmitAsync(BatchServer.Line("boat", new { input = BatchServer.Image("boat") }));
        await server.EndAsync(whole, "completed");
        string[] bad = [.. Enumerable.Range(0, 3).Select(_ => $"batch_{Guid.NewGuid():N}")];
        await server.RedisAsync(
            $"ZADD vitgrid:batches 9 {bad[0]} 8 {bad[1]} 7 {bad[2]} 6 nonsense",
            $"SADD vitgrid:batches:open {bad[0]} {bad[1]} {bad[2]} nonsense",
            $"LPUSH vitgrid:batch:{bad[0]} garbage",
            $"HSET vitgrid:batch:{bad[1]} status in_progress created 99999999999999999999",
            $"HSET vitgrid:batch:{bad[2]} status completed input_file a output_file b error_file c completion_window 24h metadata {{ "
                + "created 1 errors [[ lines 99999999999999",
            $"LPUSH vitgrid:batch:{bad[1]}:keeper garbage",
            $"LPUSH vitgrid:index:job:{bad[2]} garbage",
            "LPUSH vitgrid:index:job:gone garbage", "SADD vitgrid:index:active gone", "ZADD vitgrid:index:jobs 1 gone");

        (int status, JsonElement list) = await server.SendAsync(HttpMethod.Get, "/v1/batches");
        Assert.Equal(200, status);
        Dictionary<string, JsonElement> batches = list.GetProperty("data").EnumerateArray().ToDictionary(
            batch => batch.GetProperty("id").GetString()!);
        Assert.Equal(bad.Append(whole).Order(), batches.Keys.Order());
        Assert.All(bad, id => Assert.Equal("record_damaged", ErrorOf(batches[id])));
        Assert.Equal("completed", batches[whole].GetProperty("status").GetString());
        Assert.All(["/v1/batches/nonsense", $"/v1/batches/{whole}:keeper", $"/v1/batches/{whole}%0a"], path => Assert.Equal(
            404, server.SendAsync(HttpMethod.Get, path).Result.Status));
        Assert.Equal(409, (await server.SendAsync(HttpMethod.Post, $"/v1/batches/{bad[0]}/cancel")).Status);
        Assert.Equal(404, (await server.SendAsync(HttpMethod.Post, $"/v1/batches/{whole}:keeper/cancel")).Status);

        string after = await server.SubmitAsync(BatchServer.Line("fish", new { input = BatchServer.Image("fish") }));
        await server.EndAsync(after, "completed");
    }

    [RedisFact]
    public async Task A_client_reads_no_file_of_the_machine_and_cannot_tell_which_are_there()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.At("there.png"), "root:x:0:0:root");
        using BatchServer server = await BatchServer.StartAsync($"--VitGrid:Indexing:Roots=/,{folder.Root}");
        Assert.Single(await ToldAsync(server, folder), "url_not_allowed");
    }

    [RedisFact]
    public async Task With_a_folder_for_clients_whatever_is_wrong_with_a_file_is_told_alike()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.At("there.png"), "root:x:0:0:root");
        using BatchServer server = await BatchServer.StartAsync(
            "--VitGrid:Indexing:Roots=/", $"--VitGrid:Indexing:HttpFileRoots={folder.Root}", "--VitGrid:Indexing:MaxAttempts=1");
        Assert.Single(await ToldAsync(server, folder), "url_fetch_failed");
    }

    [RedisFact]
    public async Task A_place_in_another_upload_is_no_clients_to_name()
    {
        using BatchServer server = await BatchServer.StartAsync();
        string lines = BatchServer.Line("boat", new { input = BatchServer.Image("boat") });
        (_, JsonElement file) = await server.UploadAsync(lines);
        string place = $"spool:{file.GetProperty("id").GetString()}/{lines.IndexOf("\"data:", StringComparison.Ordinal)}+100";
        string id = await server.SubmitAsync(
            lines, BatchServer.Line("theirs", new { input = new[] { new { type = "image_url", image_url = new { url = place } } } }));
        JsonElement batch = await server.EndAsync(id, "completed");
        Assert.Equal(["boat"], (await server.ContentAsync(batch, "output_file_id")).Select(line => line.Key));
    }

    /// <summary>The codes of files that are there, are not, are secret or no images; the texts hold nothing of them.</summary>
    private static async Task<string[]> ToldAsync(BatchServer server, TemporaryFolder folder)
    {
        string[] uris = ["file:///etc/passwd", "file:///etc/shadow", "file:///etc", "file:///no/such", $"file://{folder.At("there.png")}"];
        string id = await server.SubmitAsync([
            BatchServer.Line("good", new { input = BatchServer.Image("boat") }),
            .. uris.Select((uri, i) => BatchServer.Line($"{i}", new { input = uri }))]);
        JsonElement batch = await server.EndAsync(id, "completed");
        ILookup<string, JsonElement> errors = await server.ContentAsync(batch, "error_file_id");
        Assert.Equal(uris.Length, errors.Count);
        JsonElement[] told = [.. errors.Select(line => line.Single().GetProperty("response").GetProperty("body").GetProperty("error"))];
        string message = Assert.Single(told.Select(error => error.GetProperty("message").GetString()!).Distinct());
        Assert.All(["/etc", "/no", folder.Root, "726f6f74", "root:"], word =>
            Assert.DoesNotContain(word, message, StringComparison.Ordinal));
        return [.. told.Select(error => error.GetProperty("code").GetString()!).Distinct()];
    }

    private static string? ErrorOf(JsonElement batch) => batch.GetProperty("errors").GetProperty("data")[0].GetProperty("code").GetString();
}
