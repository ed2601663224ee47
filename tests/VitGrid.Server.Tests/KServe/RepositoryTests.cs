using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using VitGrid.Access.Keys;
using VitGrid.Engine.Models;
using VitGrid.Server.Hosting.Shutdown;
using VitGrid.Server.Tests.Access;
using VitGrid.Server.Tests.Api;

namespace VitGrid.Server.Tests.KServe;

/// <summary>What a server tells of itself and its models, who may come in, and refusals in KServe's shape by whomever they are.</summary>
public sealed class RepositoryTests
{
    [Fact]
    public async Task The_server_and_its_models_tell_tensors_with_the_batch_and_the_largest_batch()
    {
        await using TestApi door = await TestApi.OpenAsync(new() { Http = new() { MaxInputs = 7 } });
        JsonElement server = (await door.GetAsync("/v2")).Json;
        Assert.Equal("vitgrid", server.GetProperty("name").GetString());
        Assert.Contains("binary_tensor_data", server.GetProperty("extensions").EnumerateArray().Select(one => one.GetString()));
        foreach (string path in (string[])["/v2/models/internvit-nano", "/v2/models/internvit-nano/versions/1"])
        {
            JsonElement model = (await door.GetAsync(path)).Json, config = (await door.GetAsync(path + "/config")).Json;
            Assert.Equal("1", model.GetProperty("versions")[0].GetString());
            Assert.Equal("image BYTES [-1,1]", Told(model.GetProperty("inputs")[0]));
            Assert.Equal(
                ["embedding FP32 [-1,8]", "last_hidden_state FP32 [-1,65,8]"],
                model.GetProperty("outputs").EnumerateArray().Select(Told));
            Assert.Equal(7, config.GetProperty("max_batch_size").GetInt32());
            Assert.Equal("TYPE_STRING", config.GetProperty("input")[0].GetProperty("data_type").GetString());
            Assert.Equal("[65,8]", config.GetProperty("output")[1].GetProperty("dims").GetRawText());
            Assert.True((await door.GetAsync(path + "/ready")).Json.GetProperty("ready").GetBoolean());
        }
    }

    [Fact]
    public async Task The_repository_lists_states_loads_what_is_loaded_and_unloads_nothing()
    {
        await using TestApi door = await TestApi.OpenAsync(grid: new()
        {
            Models = [FakeGrid.Model("good"), FakeGrid.Model("bad", ModelState.Failed), FakeGrid.Model("late", ModelState.Loading)],
        });
        Assert.Equal(
            ["good 1 READY ", "bad 1 UNAVAILABLE weights are cut off", "late 1 LOADING "],
            (await PostAsync(door, "/v2/repository/index")).Json.EnumerateArray().Select(row => string.Join(
                ' ', row.EnumerateObject().Select(cell => cell.Value.GetString()))));
        Assert.Equal(200, (await PostAsync(door, "/v2/repository/models/good/load")).Status);
        Assert.Equal(503, (await PostAsync(door, "/v2/repository/models/bad/load")).Status);
        Assert.Equal(503, (await PostAsync(door, "/v2/repository/models/late/load")).Status);
        Assert.Equal(404, (await PostAsync(door, "/v2/repository/models/none/load")).Status);
        Answer kept = await PostAsync(door, "/v2/repository/models/good/unload");
        Assert.Equal(409, kept.Status);
        Assert.Contains("'good' is not unloaded", kept.Error.GetString(), StringComparison.Ordinal);
        Assert.Equal(503, (await door.GetAsync("/v2/models/late/ready")).Status);
        Assert.Equal(404, (await door.GetAsync("/v2/models/none/ready")).Status);
    }

    [Fact]
    public async Task Shared_memory_is_refused_by_its_name()
    {
        await using TestApi door = await TestApi.OpenAsync();
        foreach (string path in (string[])["/v2/systemsharedmemory/region/a/register", "/v2/cudasharedmemory/unregister"])
        {
            Answer answer = await PostAsync(door, path);
            Assert.Equal(400, answer.Status);
            Assert.Contains("shared memory is not served", answer.Error.GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_server_is_not_ready_while_it_drains()
    {
        await using TestApi door = await TestApi.OpenAsync();
        Assert.Equal((200, 200), ((await door.GetAsync("/v2/health/live")).Status, (await door.GetAsync("/v2/health/ready")).Status));
        _ = door.App.Services.GetRequiredService<DrainGate>().DrainAsync();
        Assert.Equal((200, 503), ((await door.GetAsync("/v2/health/live")).Status, (await door.GetAsync("/v2/health/ready")).Status));
        Assert.Equal(503, (await door.GetAsync("/v2/models/internvit-nano/ready")).Status);
    }

    /// <summary>A client of Triton's fails with an error of its own when the error is an object.</summary>
    [Fact]
    public async Task Whoever_refuses_a_path_of_the_protocol_says_a_text()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync();
        string key = await api.KeyAsync("one"), limited = await api.KeyAsync(
            "few", change: one => one with { Limits = new() { RequestsPerMinute = 1 } });
        List<(int Status, Answer Answer)> refused =
        [
            (401, await api.GetAsync("/v2", null)),
            (401, await api.GetAsync("/v2/models/internvit-nano", "vg_wrong")),
            (404, await api.GetAsync("/v2/models/none", key)),
            (404, await api.GetAsync("/v2/models/internvit-nano/stats", key)),
            (403, await api.SendAsync(new(HttpMethod.Post, "/v2/repository/models/internvit-nano/load"), key)),
            (405, await api.SendAsync(new(HttpMethod.Delete, "/v2/repository/index"), key)),
        ];
        HttpRequestMessage foreign = InferCall.OfFiles(FakeGrid.Image(1)).Request("/v2/models/internvit-nano/infer");
        foreign.Headers.Add("Origin", "https://elsewhere.example");
        refused.Add((403, await api.SendAsync(foreign, key)));
        HttpRequestMessage renamed = new(HttpMethod.Get, "/v2");
        renamed.Headers.Host = "evil.example";
        refused.Add((421, await api.SendAsync(renamed, key)));
        HttpRequestMessage plain = new InferCall { ContentType = "text/plain" }.WithFiles(FakeGrid.Image(1))
            .Request("/v2/models/internvit-nano/infer");
        refused.Add((415, await api.SendAsync(plain, key)));
        await api.GetAsync("/v2", limited);
        refused.Add((429, await api.GetAsync("/v2", limited)));
        foreach ((int status, Answer answer) in refused)
        {
            Assert.True(status == answer.Status, $"{status}: {answer.Status} {answer.Body}");
            Assert.Equal(JsonValueKind.String, answer.Error.ValueKind);
        }
    }

    /// <summary>A server that closes while the body still comes is seen as a broken pipe in place of its refusal.</summary>
    [Fact]
    public async Task A_large_request_with_a_wrong_key_hears_why()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync();
        HttpRequestMessage large = InferCall.OfFiles(new byte[20_000_000]).Request("/v2/models/internvit-nano/infer");
        Answer answer = await api.SendAsync(large, "vg_wrong");
        Assert.Equal((401, JsonValueKind.String), (answer.Status, answer.Error.ValueKind));
    }

    [Fact]
    public async Task A_key_that_may_not_have_features_or_the_model_gets_neither()
    {
        await using KeyedApi api = await KeyedApi.OpenAsync(grid: new() { Models = [FakeGrid.Model("a"), FakeGrid.Model("b")] });
        string key = await api.KeyAsync("one", change: one => one with { Models = ["a"] });
        Answer states = await api.SendAsync(
            InferCall.OfFiles(FakeGrid.Image(1)).Wanting("last_hidden_state").Request("/v2/models/a/infer"), key);
        Answer other = await api.SendAsync(InferCall.OfFiles(FakeGrid.Image(1)).Request("/v2/models/b/infer"), key);
        Assert.Equal((403, 403), (states.Status, other.Status));
        Assert.Contains("features", states.Error.GetString(), StringComparison.Ordinal);
        Assert.Equal(403, (await api.GetAsync("/v2/models/b", key)).Status);
        Answer index = await api.SendAsync(new(HttpMethod.Post, "/v2/repository/index"), key);
        Assert.Equal("a", Assert.Single(index.Json.EnumerateArray()).GetProperty("name").GetString());
        string all = await api.KeyAsync("all", Scopes.Embed | Scopes.Features);
        Answer given = await api.SendAsync(
            InferCall.OfFiles(FakeGrid.Image(1)).Wanting("last_hidden_state").Request("/v2/models/a/infer"), all);
        Assert.Equal(200, given.Status);
    }

    private static Task<Answer> PostAsync(TestApi door, string path) => door.SendAsync(new HttpRequestMessage(HttpMethod.Post, path)
    {
        Content = new StringContent("{}", Encoding.UTF8, "application/json"),
    });

    private static string Told(JsonElement tensor) =>
        $"{tensor.GetProperty("name").GetString()} {tensor.GetProperty("datatype").GetString()} {tensor.GetProperty("shape").GetRawText()}";
}
