using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using VitGrid.Server.Tests.Cluster;
using VitGrid.Server.Tests.Verbs;

namespace VitGrid.Server.Tests.Batches;

/// <summary>What a key may have run in the background, where nobody asks it any more.</summary>
public sealed class BatchKeyTests
{
    [RedisFact]
    public async Task A_batch_is_made_only_by_a_key_that_may_use_its_model_and_the_bulk_lane()
    {
        using TemporaryFolder folder = new();
        string file = folder.At("keys.json");
        string good = await KeyAsync(file, "good", "files,batches", "internvit-nano", "bulk");
        string otherModel = await KeyAsync(file, "other-model", "files,batches", "another", "bulk");
        string otherLane = await KeyAsync(file, "other-lane", "files,batches", "internvit-nano", "interactive");
        string otherScope = await KeyAsync(file, "other-scope", "files,embed", "internvit-nano", "bulk");
        using BatchServer server = await BatchServer.StartAsync("--VitGrid:Auth:Mode=required", $"--VitGrid:Auth:KeyFile={file}");

        Assert.Equal((403, "model_forbidden"), await CreateAsync(server, otherModel));
        Assert.Equal((403, "lane_forbidden"), await CreateAsync(server, otherLane));
        Assert.Equal((403, "scope_missing"), await CreateAsync(server, otherScope));
        Assert.Equal((200, "batch"), await CreateAsync(server, good));
    }

    [RedisFact]
    public async Task Images_of_batches_count_in_the_days_limit_of_who_made_them()
    {
        using TemporaryFolder folder = new();
        string file = folder.At("keys.json");
        string limited = await KeyAsync(file, "limited", "files,batches,embed", "internvit-nano", "bulk,interactive", "images/day=3");
        string other = await KeyAsync(file, "other", "files,batches", "internvit-nano", "bulk", "images/day=3");
        using BatchServer server = await BatchServer.StartAsync("--VitGrid:Auth:Mode=required", $"--VitGrid:Auth:KeyFile={file}");

        await server.EndAsync(await SubmitAsync(server, limited, images: 2), "completed");
        JsonElement refused = await server.EndAsync(await SubmitAsync(server, limited, images: 2), "failed");
        JsonElement error = refused.GetProperty("errors").GetProperty("data")[0];
        Assert.Equal("rate_limited", error.GetProperty("code").GetString());
        Assert.Contains("the batch has 2 images; of the 3 that its key may have computed in a day 1 are left", error.GetProperty(
            "message").GetString(), StringComparison.Ordinal);
        await server.EndAsync(await SubmitAsync(server, limited, images: 1), "completed");
        (int status, JsonElement told) = await server.SendAsync(
            HttpMethod.Post, "/v1/embeddings", JsonContent.Create(new { input = BatchServer.Image("boat") }));
        Assert.Equal((429, "rate_limited"), (status, told.GetProperty("error").GetProperty("code").GetString()));
        await server.EndAsync(await SubmitAsync(server, other, images: 3), "completed");
    }

    private static Task<string> SubmitAsync(BatchServer server, string key, int images)
    {
        server.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return server.SubmitAsync([.. Enumerable.Range(0, images).Select(
            i => BatchServer.Line($"{i}", new { model = "internvit-nano", input = BatchServer.Image("boat") }))]);
    }

    private static async Task<string> KeyAsync(
        string file, string name, string scopes, string models, string lanes, string? limits = null) =>
        Assert.Single((await VerbRun.RunAsync([
            "keys", "create", name, "--scopes", scopes, "--models", models, "--lanes", lanes, "--file", file,
            .. limits is null ? [] : new[] { "--limit", limits }])).Lines);

    /// <summary>Uploads a line and makes a batch of it; gives the status, and what was answered: the kind of object, or the code.</summary>
    private static async Task<(int Status, string What)> CreateAsync(BatchServer server, string key)
    {
        server.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        (_, JsonElement uploaded) = await server.UploadAsync(
            $"no json\n{BatchServer.Line("boat", new { model = "internvit-nano", input = BatchServer.Image("boat") })}");
        (int status, JsonElement told) = await server.CreateAsync(uploaded.GetProperty("id").GetString()!);
        return (status, (status == 200 ? told.GetProperty("object") : told.GetProperty("error").GetProperty("code")).GetString()!);
    }
}
