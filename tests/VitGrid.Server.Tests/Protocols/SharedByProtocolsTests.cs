using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using VitGrid.Engine.Errors;
using VitGrid.Engine.Requests;
using VitGrid.Runtime.Images;
using VitGrid.Server.Api.Cohere;
using VitGrid.Server.Api.OpenAi;
using VitGrid.Server.Hosting.Shutdown;
using VitGrid.Server.Tests.Api;
using VitGrid.Server.Tests.Protocols.Plain;

namespace VitGrid.Server.Tests.Protocols;

/// <summary>Walks over every route of a host with two protocols: what is shared holds for each, what is a protocol's own differs.</summary>
public sealed class SharedByProtocolsTests
{
    private static readonly byte[][] Five = [.. Enumerable.Range(0, 5).Select(FakeGrid.Image)];

    [Fact]
    public async Task Every_route_gives_the_clients_request_id_back()
    {
        await using TestApi door = await ServedRoute.OpenAsync();
        foreach (ServedRoute route in ServedRoute.All(door))
        {
            HttpRequestMessage request = route.Request();
            request.Headers.Add("x-request-id", "walk-1");
            Assert.Equal((route, "walk-1"), (route, (await door.SendAsync(request)).Header("x-request-id")));
        }
    }

    [Fact]
    public async Task Every_route_that_answers_get_answers_head_alike()
    {
        await using TestApi door = await ServedRoute.OpenAsync();
        foreach (ServedRoute route in ServedRoute.All(door).Where(route => route.Method == "GET"))
        {
            Answer get = await door.SendAsync(route.Request()), head = await door.SendAsync(route.Request(method: "HEAD"));
            Assert.Equal((route, get.Status, ""), (route, head.Status, head.Body));
        }
    }

    [Fact]
    public async Task Every_route_names_what_it_does_not_read_of_a_query()
    {
        await using TestApi door = await ServedRoute.OpenAsync();
        foreach (ServedRoute route in ServedRoute.All(door).Where(route => !IsAlwaysRefused(route) && !NeedsText(route)))
        {
            Answer answer = await door.SendAsync(route.Request("?zzz=1"));
            Assert.True(answer.Header("x-vitgrid-hint").Contains("'zzz'", StringComparison.Ordinal), $"{route}: {answer.Body}");
        }
    }

    [Fact]
    public async Task What_no_route_serves_is_refused_in_the_shape_of_the_protocol_that_owns_the_path()
    {
        await using TestApi door = await ServedRoute.OpenAsync();
        foreach (ServedRoute route in ServedRoute.All(door))
        {
            // Neither Prometheus' exporter nor Blazor's hub names methods.
            if (route.Pattern != "/metrics" && !route.Pattern.StartsWith("/_blazor", StringComparison.Ordinal))
                route.IsRefusal(await door.SendAsync(route.Request(method: "PATCH")), 405, ApiCode.MethodNotAllowed);
        }
        Answer plain = await door.GetAsync("/plain/nothing/here"), other = await door.GetAsync("/nothing/here");
        Assert.Equal((404, "not_found: nothing is served at '/plain/nothing/here'; GET / lists the paths"), (plain.Status, plain.Body));
        other.IsRefusal(404, ApiCode.NotFound, null);
    }

    [Fact]
    public async Task Every_route_that_computes_refuses_while_the_process_drains()
    {
        await using TestApi door = await ServedRoute.OpenAsync();
        _ = door.App.Services.GetRequiredService<DrainGate>().DrainAsync();
        foreach (ServedRoute route in Computing(door))
        {
            Answer answer = await door.SendAsync(route.Request());
            route.IsRefusal(answer, 503, ApiCode.Draining);
            Assert.Equal(("5", true), (answer.Header("Retry-After"), answer.Message.Headers.ConnectionClose));
        }
    }

    [Fact]
    public async Task Every_route_that_computes_keeps_the_limits_of_bodies_inputs_and_memory()
    {
        await using TestApi small = await ServedRoute.OpenAsync(new() { Http = new() { MaxBodyBytes = 100, MaxInputs = 4 } });
        await using TestApi few = await ServedRoute.OpenAsync(new() { Http = new() { MaxInputs = 4 } });
        await using TestApi full = await ServedRoute.OpenAsync(new() { Http = new() { MaxBufferedBytes = 1 } });
        foreach (ServedRoute route in Computing(few))
        {
            route.IsRefusal(await small.SendAsync(route.Request(images: Five)), 413, ApiCode.PayloadTooLarge);
            route.IsRefusal(await few.SendAsync(route.Request(images: Five)), 400, ApiCode.InvalidRequest);
            route.IsRefusal(await full.SendAsync(route.Request()), 429, ApiCode.Overloaded);
            HttpRequestMessage compressed = route.Request();
            compressed.Content!.Headers.ContentEncoding.Add("br");
            route.IsRefusal(await few.SendAsync(compressed), 415, ApiCode.UnsupportedImageFormat);
        }
        Assert.All([small, few, full], door => Assert.Empty(door.Grid.Asked));
    }

    [Fact]
    public async Task Every_route_that_computes_asks_the_admission_before_it_computes()
    {
        await using TestApi door = await ServedRoute.OpenAsync(
            grid: new() { Foreseen = new(GridFault.Overloaded, "full") { RetryAfter = TimeSpan.FromSeconds(7) } });
        // Cohere's requests cannot say that no cache may spare the grid.
        foreach (ServedRoute route in Computing(door).Where(route => route.Protocol is not CohereProtocol))
        {
            Answer answer = await door.SendAsync(route.Request());
            route.IsRefusal(answer, 429, ApiCode.Overloaded);
            Assert.Equal("7", answer.Header("Retry-After"));
        }
        Assert.Empty(door.Grid.Asked);
    }

    [Theory]
    [InlineData(GridFault.ModelLoading, 503, "model_loading")]
    [InlineData(GridFault.ImageBreaksDevices, 422, "image_not_computable")]
    [InlineData(GridFault.SegmentFailed, 500, "internal_error")]
    [InlineData(GridFault.Overloaded, 429, "overloaded")]
    public async Task A_refusal_of_the_grid_has_one_code_and_status_in_every_protocol(GridFault fault, int status, string code)
    {
        await using TestApi door = await ServedRoute.OpenAsync();
        door.Grid.Answer = (_, _) => Task.FromException<EmbeddingResult>(new GridException(fault, "what, limit, remedy"));
        foreach (ServedRoute route in Computing(door))
            route.IsRefusal(await door.SendAsync(route.Request()), status, code);
    }

    [Fact]
    public async Task An_unexpected_fault_is_told_without_its_text_in_every_protocol()
    {
        await using TestApi door = await ServedRoute.OpenAsync();
        door.Grid.Answer = (_, _) => throw new InvalidOperationException("secret detail");
        foreach (ServedRoute route in Computing(door))
        {
            Answer answer = await door.SendAsync(route.Request());
            route.IsRefusal(answer, 500, ApiCode.InternalError);
            Assert.DoesNotContain("secret", answer.Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_routes_of_protocols_are_timed_under_their_pattern_and_no_others()
    {
        await using TestApi door = await ServedRoute.OpenAsync();
        using Measurements measurements = new(door);
        IReadOnlyList<ServedRoute> routes = ServedRoute.All(door);
        foreach (ServedRoute route in routes)
            await door.SendAsync(route.Request());
        // A request is counted after its answer.
        await door.App.StopAsync();
        Assert.Equal(
            routes.Where(route => route.Protocol is not null).Select(route => route.Pattern).Order(),
            measurements.From("vitgrid.request.duration", "endpoint").Order());
    }

    [Fact]
    public async Task Refusals_count_in_every_protocol()
    {
        await using TestApi door = await ServedRoute.OpenAsync();
        using Measurements measurements = new(door);
        door.Grid.Answer = (_, _) => Task.FromException<EmbeddingResult>(new ImageException(ImageFault.TooLarge, "too large"));
        ServedRoute[] routes = Computing(door);
        foreach (ServedRoute route in routes)
            await door.SendAsync(route.Request());
        await door.App.StopAsync();
        Assert.Equal(routes.Select(_ => "image_too_large"), measurements.From("vitgrid.rejected", "reason"));
    }

    [Fact]
    public async Task One_image_has_the_same_vector_to_the_bit_and_each_protocol_its_own_timing()
    {
        await using TestApi door = await ServedRoute.OpenAsync();
        ServedRoute[] routes = Embedding(door);
        Answer openAi = await door.SendAsync(routes.Single(route => route.Pattern == "/v1/embeddings").Request());
        foreach (ServedRoute azure in routes.Where(route => route.Protocol is OpenAiProtocol))
            Assert.Equal(openAi.Vector(0), (await door.SendAsync(azure.Request("?api-version=2024-05-01-preview"))).Vector(0));
        Answer plain = await door.SendAsync(routes.Single(route => route.Protocol is PlainProtocol).Request());
        Assert.Equal(openAi.Vector(0), plain.Body.Split(' ').Select(number => float.Parse(number, CultureInfo.InvariantCulture)));
        Assert.Equal("queue 3, infer 4", plain.Header(PlainProtocol.TimingHeader));
        Assert.Equal(("", ""), (plain.Header("Server-Timing"), openAi.Header(PlainProtocol.TimingHeader)));
        Assert.StartsWith("fetch;dur=0", openAi.Header("Server-Timing"), StringComparison.Ordinal);
        Assert.All([openAi, plain], answer => Assert.Equal("hit=0,miss=1", answer.Header("x-vitgrid-cache")));
    }

    [Fact]
    public async Task An_image_that_fails_leaves_the_others_where_the_protocol_says_so()
    {
        await using TestApi door = await ServedRoute.OpenAsync();
        ServedRoute route = Embedding(door).Single(route => route.Protocol is PlainProtocol);
        Answer answer = await door.SendAsync(route.Request(images: [FakeGrid.Image(1), []]));
        Assert.Equal((200, "image_decode_failed at files[1]"), (answer.Status, answer.Body.Split('\n')[1]));
    }

    [Fact]
    public async Task The_paths_of_every_protocol_stand_in_the_index_and_the_document()
    {
        await using TestApi door = await ServedRoute.OpenAsync();
        string[] index = [.. (await door.GetAsync("/")).Json.GetProperty("endpoints").EnumerateArray().Select(path => path.GetString()!)];
        Assert.Contains($"POST {PlainProtocol.Vectors}", index);
        JsonElement responses = (await door.GetAsync("/openapi/v1.json")).Json.GetProperty("paths")
            .GetProperty(PlainProtocol.Vectors).GetProperty("post").GetProperty("responses");
        Assert.False(responses.TryGetProperty("500", out _), "OpenAI's error shape is told of another protocol's route");
    }

    private static ServedRoute[] Embedding(TestApi door) =>
        ServedRoute.All(door).Where(route => route.Embeds).ToArray() is { Length: 4 } all ? all : throw new InvalidOperationException();

    private static ServedRoute[] Computing(TestApi door) =>
        ServedRoute.All(door).Where(route => route.Computes).ToArray() is { Length: 9 } all ? all : throw new InvalidOperationException();

    /// <summary>The played model reads none, so that this is refused.</summary>
    private static bool NeedsText(ServedRoute route) => route.Pattern == "/v1/classify";

    /// <summary>Without a queue, or models on disk, some are refused before they read anything; others tell that they are not served.
    /// </summary>
    private static bool IsAlwaysRefused(ServedRoute route) => route.Pattern.StartsWith("/v1/files", StringComparison.Ordinal)
        || route.Pattern.StartsWith("/v1/batches", StringComparison.Ordinal) || route.Pattern.EndsWith("/unload", StringComparison.Ordinal)
        || route.Pattern.Contains("sharedmemory", StringComparison.Ordinal)
        || route.Pattern.StartsWith("/_blazor", StringComparison.Ordinal)
        || route.Pattern.StartsWith("/page/models/", StringComparison.Ordinal)
        || route.Pattern.StartsWith("/page/drain", StringComparison.Ordinal);
}
