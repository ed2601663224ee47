using System.Text.Json;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.OpenAi.Batches;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Tests.Cluster;

namespace VitGrid.Server.Tests.Batches;

/// <summary>How files leave the spool: at the time they were given, or when they are deleted.</summary>
public sealed class ExpiryTests
{
    private static readonly (string, string) FromCreation = ("expires_after[anchor]", "created_at");

    [RedisFact]
    public async Task A_file_whose_time_is_over_goes_when_no_batch_reads_it_any_more_and_its_bytes_are_given_back()
    {
        using BatchServer server = await BatchServer.StartAsync($"{BatchServer.MaxItems}=1");
        string[] lines = [.. Enumerable.Range(0, 40).Select(
            i => BatchServer.Line($"{i}", new { input = BatchServer.Image("boat"), cache = "bypass" }))];
        (_, JsonElement file) = await server.UploadAsync(
            string.Join('\n', lines), "batch", FromCreation, ("expires_after[seconds]", "7200"));
        Assert.Equal(7200, Stay(file));
        string input = file.GetProperty("id").GetString()!;
        (_, JsonElement stays) = await server.UploadAsync("{}");
        Assert.Equal(JsonValueKind.Null, stays.GetProperty("expires_at").ValueKind);
        string id = (await server.CreateAsync(input, new { anchor = "created_at", seconds = 3600 })).Json.GetProperty("id").GetString()!;

        server.Kill();
        server.Expire(input);
        await server.StartAgainAsync();
        JsonElement batch = await server.EndAsync(id, "completed");
        Assert.Equal(40, batch.GetProperty("request_counts").GetProperty("completed").GetInt32());
        (_, JsonElement output) = await server.SendAsync(HttpMethod.Get, $"/v1/files/{batch.GetProperty("output_file_id").GetString()}");
        Assert.Equal(3600, Stay(output));

        server.Kill();
        long full = server.Spooled();
        await server.StartAgainAsync();
        await server.UntilAsync(
            async () => (await server.SendAsync(HttpMethod.Get, $"/v1/files/{input}")).Status == 404, "the expired file is gone");
        await server.UntilAsync(
            () => Task.FromResult(server.Spooled() <= full - file.GetProperty("bytes").GetInt64()), "its bytes are given back");
        Assert.Equal(200, (await server.SendAsync(HttpMethod.Get, $"/v1/files/{stays.GetProperty("id").GetString()}")).Status);
    }

    [RedisFact]
    public async Task A_batch_whose_file_went_before_it_was_validated_fails_and_says_so()
    {
        using BatchServer server = await BatchServer.StartAsync();
        string id = await server.SubmitAsync("no json");
        string input = (await server.EndAsync(id, "failed")).GetProperty("input_file_id").GetString()!;

        server.Kill();
        server.Lose(input);
        await server.RedisAsync($"HSET vitgrid:batch:{id} status validating", $"SADD vitgrid:batches:open {id}");
        await server.StartAgainAsync();
        JsonElement fault = (await server.EndAsync(id, "failed")).GetProperty("errors").GetProperty("data")[0];
        Assert.Equal("not_found", fault.GetProperty("code").GetString());
        Assert.Contains(input, fault.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [RedisFact]
    public async Task In_a_spool_that_was_full_an_upload_fits_again_once_a_file_is_deleted()
    {
        using BatchServer server = await BatchServer.StartAsync(
            "--VitGrid:Indexing:SpoolFileBytes=1048576", "--VitGrid:Indexing:SpoolBytes=1500000");
        string large = new(' ', 1_000_000);
        string first = (await server.UploadAsync(large)).Json.GetProperty("id").GetString()!;
        Assert.Equal(507, (await server.UploadAsync(large)).Status);
        Assert.Equal(200, (await server.SendAsync(HttpMethod.Delete, $"/v1/files/{first}")).Status);
        Assert.Equal(200, (await server.UploadAsync(large)).Status);
        Assert.Equal(507, (await server.UploadAsync(large)).Status);
    }

    [RedisFact]
    public async Task A_stay_that_is_not_taken_is_refused_and_nothing_is_kept_of_it()
    {
        using BatchServer server = await BatchServer.StartAsync();
        (int status, JsonElement refused) = await server.UploadAsync("{}", "batch", FromCreation, ("expires_after[seconds]", "60"));
        Assert.Equal((400, "expires_after[seconds]"), (status, refused.GetProperty("error").GetProperty("param").GetString()));
        Assert.Equal(0, (await server.SendAsync(HttpMethod.Get, "/v1/files")).Json.GetProperty("data").GetArrayLength());
        string file = (await server.UploadAsync("{}")).Json.GetProperty("id").GetString()!;
        Assert.Equal(400, (await server.CreateAsync(file, new { anchor = "created_at", seconds = 60 })).Status);
        Assert.Equal(400, (await server.CreateAsync(file, new { })).Status);
        Assert.Equal(400, (await server.CreateAsync(file, "a day")).Status);
    }

    [Theory]
    [InlineData(null, "3600", "expires_after[anchor] is ''; it takes created_at")]
    [InlineData("last_active_at", "3600", "expires_after[anchor] is 'last_active_at'; it takes created_at")]
    [InlineData("created_at", null, "expires_after[seconds] is ''; it takes a whole number from 3600 (an hour) to 2592000 (30 days)")]
    [InlineData("created_at", "3599", "'3599'")]
    [InlineData("created_at", "2592001", "'2592001'")]
    [InlineData("created_at", "1e4", "'1e4'")]
    [InlineData("created_at", "-7200", "'-7200'")]
    public void A_stay_needs_its_anchor_and_seconds_within_an_hour_and_thirty_days(string? anchor, string? seconds, string words)
    {
        ApiException refused = Assert.Throws<ApiException>(() => FileExpiry.Seconds("expires_after", anchor, seconds));
        Assert.Equal(ApiCode.InvalidRequest, refused.Error.Code);
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("created_at", "3600", 3600)]
    [InlineData("created_at", "2592000", 2592000)]
    public void Without_a_stay_a_file_remains_and_both_bounds_are_taken(string? anchor, string? seconds, int? stay) =>
        Assert.Equal(stay, FileExpiry.Seconds("expires_after", anchor, seconds));

    private static long Stay(JsonElement file) => file.GetProperty("expires_at").GetInt64() - file.GetProperty("created_at").GetInt64();
}
