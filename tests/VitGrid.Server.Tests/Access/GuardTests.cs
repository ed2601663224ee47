using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using VitGrid.Access.Keys;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Tests.Api;

namespace VitGrid.Server.Tests.Access;

public sealed class GuardTests
{
    [Theory]
    [InlineData("Authorization")]
    [InlineData("api-key")]
    [InlineData("x-api-key")]
    public async Task A_key_is_taken_in_each_of_three_headers(string header)
    {
        await using KeyedApi api = await KeyedApi.OpenAsync();
        string key = await api.KeyAsync("one");
        Assert.Equal(200, (await api.EmbedAsync(key, header: header)).Status);
    }

    [Fact]
    public async Task No_key_and_a_wrong_key_are_401_and_reach_nothing()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync();
        Answer none = await api.EmbedAsync(null), wrong = await api.EmbedAsync(KeyHash.CreateKey()), other = await api.EmbedAsync("sk-abc");
        none.IsRefusal(401, "invalid_api_key", null, "no API key was sent", "Authorization: Bearer");
        wrong.IsRefusal(401, "invalid_api_key", null, "not known, or was revoked");
        other.IsRefusal(401, "invalid_api_key", null, "cannot be one");
        Assert.All([none, wrong, other], answer => Assert.Equal("Bearer", answer.Header("WWW-Authenticate")));
        Assert.Empty(api.Door.Grid.Asked);
    }

    [Fact]
    public void A_header_that_comes_twice_is_refused_and_of_two_headers_the_first_counts()
    {
        HeaderDictionary twice = new() { ["x-api-key"] = new(["one", "two"]) };
        Assert.Equal(
            "invalid_api_key", Assert.Throws<ApiException>(() => Credential.From(twice)).Error.Code);
        HeaderDictionary both = new() { ["Authorization"] = "bearer one", ["api-key"] = "two" };
        HeaderDictionary proxied = new() { ["Authorization"] = "Basic abc", ["api-key"] = "two" };
        Assert.Equal(("one", true), (Credential.From(both).Text, Credential.From(both).MayBeToken));
        Assert.Equal(("two", false), (Credential.From(proxied).Text, Credential.From(proxied).MayBeToken));
        Assert.Equal("hidden", Credential.From(both).ToString());
    }

    [Fact]
    public async Task A_revoked_key_is_refused_and_a_rotated_one_too()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync();
        string revoked = await api.KeyAsync("one"), rotated = await api.KeyAsync("two");
        await api.Keys.RevokeAsync("one", default);
        NewKey after = await api.Keys.RotateAsync("two", TimeSpan.Zero, default);
        await api.RefreshAsync();
        (await api.EmbedAsync(revoked)).IsRefusal(401, "invalid_api_key", null);
        (await api.EmbedAsync(rotated)).IsRefusal(401, "invalid_api_key", null);
        Assert.Equal(200, (await api.EmbedAsync(after.Secret)).Status);
    }

    [Theory]
    [InlineData(Scopes.Files, "POST", "/v1/embeddings", "embed")]
    [InlineData(Scopes.Embed, "GET", "/v1/files", "files")]
    [InlineData(Scopes.Files, "GET", "/v1/batches", "batches")]
    [InlineData(Scopes.Embed, "GET", "/metrics", "metrics")]
    [InlineData(Scopes.Embed, "GET", "/info", "metrics")]
    public async Task A_scope_that_is_too_small_is_403_and_named(Scopes scopes, string method, string path, string needed)
    {
        await using KeyedApi api = await KeyedApi.OpenAsync();
        string key = await api.KeyAsync("one", scopes);
        Answer answer = await api.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), key);
        answer.IsRefusal(403, "scope_missing", null, "'one' has the scopes", $"needs {needed}");
    }

    [Fact]
    public async Task A_key_for_one_model_sees_and_uses_no_other()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync(grid: new() { Models = [FakeGrid.Model("a"), FakeGrid.Model("b")] });
        string key = await api.KeyAsync("one", change: made => made with { Models = ["a"] });
        string image = Convert.ToBase64String(FakeGrid.Image(1));
        Assert.Equal(200, (await api.EmbedAsync(key, new { model = "a", input = image })).Status);
        (await api.EmbedAsync(key, new { model = "b", input = image })).IsRefusal(403, "model_forbidden", "model", "'b'", "it may use a");
        (await api.EmbedAsync(key, new { model = "c", input = image })).IsRefusal(403, "model_forbidden", "model", "'c'");
        (await api.GetAsync("/v1/models/b", key)).IsRefusal(403, "model_forbidden", "model");
        Assert.Equal(["a"], (await api.GetAsync("/v1/models", key)).Json.GetProperty("data").EnumerateArray()
            .Select(model => model.GetProperty("id").GetString()!));
    }

    [Fact]
    public async Task The_only_model_is_forbidden_too_when_none_is_named()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync();
        string key = await api.KeyAsync("one", change: made => made with { Models = ["another"] });
        (await api.EmbedAsync(key)).IsRefusal(403, "model_forbidden", "model");
    }

    [Fact]
    public async Task A_key_for_one_lane_is_refused_in_the_other()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync();
        string key = await api.KeyAsync("one", change: made => made with { Lanes = KeyLanes.Bulk });
        string image = Convert.ToBase64String(FakeGrid.Image(1));
        Assert.Equal(200, (await api.EmbedAsync(key, new { input = image, priority = "bulk" })).Status);
        (await api.EmbedAsync(key)).IsRefusal(403, "lane_forbidden", "priority", "interactive", "it may use bulk");
    }

    [Fact]
    public async Task The_grid_is_asked_on_behalf_of_the_keys_id()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync();
        string key = await api.KeyAsync("one");
        await api.EmbedAsync(key);
        Assert.Equal(
            (await api.Keys.FindAsync("one", default)).Id, Assert.Single(api.Door.Grid.Asked).Tenant);
    }

    [Fact]
    public async Task Health_answers_without_a_key_and_tells_more_only_to_one_for_metrics()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync();
        string metrics = await api.KeyAsync("scraper", Scopes.Metrics), other = await api.KeyAsync("one");
        Assert.Equal((200, """{"status":"ready"}"""), Told(await api.GetAsync("/health/ready", null)));
        Assert.Equal((200, """{"status":"ready"}"""), Told(await api.GetAsync("/health/ready", other)));
        Assert.Equal((200, """{"status":"ready"}"""), Told(await api.GetAsync("/health/ready", "wrong")));
        Assert.Contains("internvit-nano", (await api.GetAsync("/health/ready", metrics)).Body, StringComparison.Ordinal);
        Assert.Equal(200, (await api.GetAsync("/metrics", metrics)).Status);
    }

    [Fact]
    public async Task A_process_that_is_not_ready_does_not_say_why_without_a_key()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync(grid: new() { Models = [], Readiness = new(["the table"]) });
        Assert.Equal((503, """{"status":"not_ready"}"""), Told(await api.GetAsync("/health/ready", null)));
    }

    [Fact]
    public async Task A_flood_without_keys_is_answered_429_and_a_good_key_of_the_same_address_goes_on()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync(new() { FailuresPerMinute = 3 });
        string key = await api.KeyAsync("one");
        List<int> statuses = [];
        for (int i = 0; i < 8; i++)
        {
            HttpRequestMessage request = new(HttpMethod.Get, "/v1/models");
            request.Headers.Add("X-Forwarded-For", $"10.0.0.{i}");
            statuses.Add((await api.SendAsync(request, KeyHash.CreateKey())).Status);
        }
        // The clock's minute may turn once amid them.
        Assert.Contains(429, statuses);
        Assert.Equal(200, (await api.EmbedAsync(key)).Status);
    }

    [Fact]
    public async Task Nothing_of_a_key_is_ever_logged_or_told()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync(new() { FailuresPerMinute = 2 });
        string good = await api.KeyAsync("one", change: made => made with { Limits = new() { RequestsPerDay = 2 } });
        string wrong = KeyHash.CreateKey();
        List<Answer> answers = [];
        for (int i = 0; i < 4; i++)
        {
            answers.Add(await api.EmbedAsync(good));
            answers.Add(await api.EmbedAsync(wrong));
            answers.Add(await api.EmbedAsync(wrong + "x", header: "api-key"));
            answers.Add(await api.GetAsync("/info", good));
        }
        Assert.NotEmpty(api.Log);
        foreach (string part in new[] { good[3..15], good[^12..], wrong[3..15], wrong[^12..] })
        {
            Assert.DoesNotContain(part, api.Log, StringComparison.Ordinal);
            Assert.All(answers, answer => Assert.DoesNotContain(part, answer.Body + answer.Message, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_refusal_has_the_shape_of_its_protocol()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync();
        Answer plain = await api.GetAsync("/plain/nothing", null);
        Assert.Equal(401, plain.Status);
        Assert.StartsWith("invalid_api_key: ", plain.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_the_file_cannot_be_read_known_keys_go_on_and_unknown_ones_get_503()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync();
        string key = await api.KeyAsync("one");
        string file = api.Door.App.Services.GetRequiredService<IKeyStore>().Place;
        await File.WriteAllTextAsync(file, "broken");
        await api.RefreshAsync();
        Assert.Equal(200, (await api.EmbedAsync(key)).Status);
        Answer unknown = await api.EmbedAsync(KeyHash.CreateKey());
        unknown.IsRefusal(503, "keys_unavailable", null, "cannot be read");
        Assert.Equal("2", unknown.Header("Retry-After"));
    }

    private static (int, string) Told(Answer answer) => (answer.Status, answer.Body);
}
