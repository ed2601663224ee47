using System.Text.Json;
using VitGrid.Cluster.Administration;
using VitGrid.Engine.Models;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Tests.Api;

public sealed class RoutesTests
{
    [Theory]
    [InlineData("GET", "/v1/nothing", 404, "not_found", "'/v1/nothing'", "GET /")]
    [InlineData("GET", "/v1/embeddings", 405, "method_not_allowed", "GET is not served", "use POST")]
    [InlineData("DELETE", "/v1/models", 405, "method_not_allowed", "DELETE is not served", "use GET")]
    [InlineData("GET", "/v1/models/unknown", 404, "model_not_found", "'unknown'", "'internvit-nano'")]
    public async Task What_is_not_served_is_refused_in_the_same_shape(
        string method, string path, int status, string code, string fact, string remedy)
    {
        await using TestApi door = await TestApi.OpenAsync();
        Answer answer = await door.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
        answer.IsRefusal(status, code, code == "model_not_found" ? "model" : null, fact, remedy);
    }

    [Theory]
    [InlineData("my-id_7.a:b/c")]
    [InlineData("x")]
    public async Task A_request_id_comes_back(string id)
    {
        await using TestApi door = await TestApi.OpenAsync();
        Assert.Equal(id, await IdOf(door, id));
    }

    [Theory]
    [InlineData("with blank")]
    [InlineData("")]
    [InlineData(
        "01234567890123456789012345678901234567890123456789012345678901234567890123456789"
        + "01234567890123456789012345678901234567890123456789")]
    public async Task An_unusable_request_id_is_replaced(string id)
    {
        await using TestApi door = await TestApi.OpenAsync();
        Assert.Matches("^req-[0-9a-f]{32}$", await IdOf(door, id));
    }

    [Fact]
    public async Task Models_are_listed_as_openai_does_with_vitgrids_own_fields()
    {
        await using TestApi door = await TestApi.OpenAsync(
            grid: new() { Models = [FakeGrid.Model("internvit-nano"), FakeGrid.Model("big", ModelState.Failed)] });
        JsonElement list = (await door.GetAsync("/v1/models")).Json;
        Assert.Equal("list", list.GetProperty("object").GetString());
        JsonElement nano = list.GetProperty("data")[0];
        Assert.Equal(
            [
                "id", "object", "created", "owned_by", "description", "revision", "state", "dimensions", "modalities", "layers",
                "input_size", "tokens", "poolings", "default_pooling", "preprocess", "preprocessing", "precision", "arithmetic",
                "segments",
            ],
            nano.EnumerateObject().Select(property => property.Name));
        Assert.Equal("model", nano.GetProperty("object").GetString());
        Assert.Equal("ready", nano.GetProperty("state").GetString());
        Assert.Equal("crop", nano.GetProperty("preprocess").GetString());
        Assert.Equal(
            """{"mode":"crop","size":[112,112],"interpolation":"bicubic","samples":"uint8","mean":[0.485,"""
            + """0.456,0.406],"std":[0.229,0.224,0.225],"source":"preprocessor_config.json"}""",
            nano.GetProperty("preprocessing").GetRawText());
        Assert.Equal("fp32", nano.GetProperty("precision").GetString());
        Assert.Equal("[112,112]", nano.GetProperty("input_size").GetRawText());
        Assert.Equal("""[{"blocks":"0..1","device":"cpu:0"},{"blocks":"2..3","device":"cpu:1"}]""", nano.GetProperty(
            "segments").GetRawText());
        Assert.Equal("weights are cut off", list.GetProperty("data")[1].GetProperty("failure").GetString());
        Assert.Equal(nano.GetRawText(), (await door.GetAsync("/v1/models/internvit-nano")).Body);
    }

    [Fact]
    public async Task A_profile_of_the_configuration_is_told_apart_from_what_the_checkpoint_states()
    {
        ModelInfo model = FakeGrid.Model("m") with { Profile = new() { Mode = ResizeMode.Squash, Size = InputSize.Square(112) } };
        await using TestApi door = await TestApi.OpenAsync(grid: new() { Models = [model] });
        JsonElement told = (await door.GetAsync("/v1/models/m")).Json.GetProperty("preprocessing");
        Assert.Equal("squash", told.GetProperty("mode").GetString());
        Assert.Equal("mode: the configuration; size and statistics: preprocessor_config.json", told.GetProperty("source").GetString());
    }

    [Fact]
    public async Task A_profile_tells_its_edge_its_kernel_its_border_and_what_its_samples_are()
    {
        ModelInfo model = FakeGrid.Model("m") with
        {
            Profile = new()
            {
                Mode = ResizeMode.Border, Size = InputSize.Square(112) with { Samples = PixelType.Single }, Edge = 128,
                Interpolation = Interpolation.Bilinear, Fill = new(123, 117, 104),
            },
        };
        await using TestApi door = await TestApi.OpenAsync(grid: new() { Models = [model] });
        JsonElement told = (await door.GetAsync("/v1/models/m")).Json.GetProperty("preprocessing");
        Assert.Equal(
            ("border", 128, "bilinear", "[123,117,104]", "float32"),
            (told.GetProperty("mode").GetString(), told.GetProperty("edge").GetInt32(), told.GetProperty("interpolation").GetString(),
                told.GetProperty("fill").GetRawText(), told.GetProperty("samples").GetString()));
    }

    [Fact]
    public async Task The_bundled_model_says_what_it_is_good_for_and_where_to_go_for_more()
    {
        await using TestApi door = await TestApi.OpenAsync(
            grid: new() { Models = [FakeGrid.Model("internvit-nano"), FakeGrid.Model("other")] });
        JsonElement data = (await door.GetAsync("/v1/models")).Json.GetProperty("data");
        string description = data[0].GetProperty("description").GetString()!;
        Assert.All((string[])["near-duplicates", "look-alikes", "offline", "does not know objects", "--model DIR"], word => Assert.Contains(
            word, description, StringComparison.Ordinal));
        Assert.False(data[1].TryGetProperty("description", out _));
    }

    [Theory]
    [InlineData(200, "ready", ModelState.Ready, ModelState.Ready)]
    [InlineData(200, "ready", ModelState.Ready, ModelState.Loading, "model b: it is loading")]
    [InlineData(503, "failed", ModelState.Loading, ModelState.Failed, "model a: it is loading", "model b: it failed: weights are cut off")]
    public async Task Ready_means_that_a_model_is_and_says_what_the_others_lack(
        int status, string said, ModelState first, ModelState second, params string[] waitsFor)
    {
        await using TestApi door = await TestApi.OpenAsync(
            grid: new() { Models = [FakeGrid.Model("a", first), FakeGrid.Model("b", second)] });
        Answer ready = await door.GetAsync("/health/ready");
        Assert.Equal((status, said), (ready.Status, ready.Json.GetProperty("status").GetString()));
        Assert.Equal(["a", "b"], ready.Json.GetProperty("models").EnumerateArray().Select(model => model.GetProperty("id").GetString()));
        Assert.Equal(waitsFor, ready.Json.TryGetProperty("waits_for", out JsonElement told) ? told.EnumerateArray().Select(
            entry => entry.GetString()) : []);
        Assert.Equal("""{"status":"live"}""", (await door.GetAsync("/health/live")).Body);
    }

    [Fact]
    public async Task A_worker_is_ready_by_its_own_part_whatever_the_grids_models_are()
    {
        await using TestApi door = await TestApi.OpenAsync(
            grid: new() { Models = [FakeGrid.Model("a", ModelState.Failed)], Readiness = new([]) });
        Answer ready = await door.GetAsync("/health/ready");
        Assert.Equal((200, """{"status":"ready","models":[{"id":"a","state":"failed","failure":"weights are cut off"}]}"""),
            (ready.Status, ready.Body));
    }

    [Fact]
    public async Task Before_any_worker_was_met_no_model_is_unknown_only_not_there_yet()
    {
        await using TestApi door = await TestApi.OpenAsync(
            grid: new() { Models = [], Readiness = new(["the table: no worker has been met yet"]) });
        Assert.Equal("""{"status":"loading","models":[],"waits_for":["the table: no worker has been met yet"]}""",
            (await door.GetAsync("/health/ready")).Body);
        Answer refused = await door.JsonAsync(new { model = "internvit-nano", input = Convert.ToBase64String(FakeGrid.Image(1)) });
        refused.IsRefusal(503, "model_loading", "model", "no worker", "GET /health/ready");
        Assert.NotEqual("", refused.Header("Retry-After"));
    }

    [Fact]
    public async Task Info_tells_the_processs_place_in_the_grid()
    {
        HostedSegment segment = new("m", 1, 7, 0, "0..3", "cpu:0", "loading", null);
        await using TestApi door = await TestApi.OpenAsync(
            new() { Role = GridRole.Worker }, new() { Node = new("10.0.0.7:11111@5", "vitgrid", [segment]) });
        JsonElement info = (await door.GetAsync("/info")).Json;
        Assert.Equal(("worker", "10.0.0.7:11111@5", "vitgrid"),
            (info.GetProperty("role").GetString(), info.GetProperty("node").GetString(), info.GetProperty("cluster").GetString()));
        Assert.Equal("""[{"model":"m","replica":1,"epoch":7,"segment":0,"blocks":"0..3","device":"cpu:0","state":"loading"}]""",
            info.GetProperty("segments").GetRawText());
    }

    [Fact]
    public async Task Info_tells_version_machine_models_and_limits()
    {
        await using TestApi door = await TestApi.OpenAsync();
        JsonElement info = (await door.GetAsync("/info")).Json;
        Assert.Equal("0.1.0", info.GetProperty("version").GetString());
        Assert.Contains(".NET", info.GetProperty("runtime").GetString(), StringComparison.Ordinal);
        Assert.Equal(Environment.ProcessorCount, info.GetProperty("cores").GetInt32());
        Assert.Equal("""["cpu:0","cpu:1"]""", info.GetProperty("devices").GetRawText());
        Assert.Equal("internvit-nano", info.GetProperty("models")[0].GetProperty("id").GetString());
        Assert.Equal(256, info.GetProperty("limits").GetProperty("max_inputs").GetInt32());
        Assert.Equal(64_000_000, info.GetProperty("limits").GetProperty("max_body_bytes").GetInt64());
        Assert.Equal("all", info.GetProperty("role").GetString());
    }

    [Fact]
    public async Task Every_path_of_the_index_is_served()
    {
        await using TestApi door = await TestApi.OpenAsync();
        string[] endpoints = [.. (await door.GetAsync("/")).Json.GetProperty("endpoints").EnumerateArray().Select(
            path => path.GetString()!)];
        Assert.Equal(21, endpoints.Length);
        foreach (string endpoint in endpoints.Where(endpoint => endpoint.StartsWith("GET ", StringComparison.Ordinal)))
            Assert.Equal(200, (await door.GetAsync(endpoint[4..].Replace("{id}", "internvit-nano", StringComparison.Ordinal)
                .Replace("{model}", "internvit-nano", StringComparison.Ordinal))).Status);
    }

    [Theory]
    [InlineData("All")]
    [InlineData("Api")]
    [InlineData("Worker")]
    public async Task Every_role_shows_its_metrics(string role)
    {
        await using TestApi door = await TestApi.OpenAsync(new() { Role = Enum.Parse<GridRole>(role) });
        Answer metrics = await door.GetAsync("/metrics");
        Assert.Equal((200, "text/plain"), (metrics.Status, metrics.Message.Content.Headers.ContentType?.MediaType));
        Assert.Contains("kestrel_active_connections", metrics.Body, StringComparison.Ordinal);
    }

    private static async Task<string> IdOf(TestApi door, string id)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/health/live");
        request.Headers.TryAddWithoutValidation("x-request-id", id);
        return (await door.SendAsync(request)).Header("x-request-id");
    }
}
