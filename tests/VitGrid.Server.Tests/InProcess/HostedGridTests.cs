using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VitGrid.Client;
using VitGrid.Hosting;
using VitGrid.Server.InProcess;
using VitGrid.Server.Tests.Api.Texts;

namespace VitGrid.Server.Tests.InProcess;

/// <summary>The whole grid inside a program of somebody else's.</summary>
public sealed class HostedGridTests
{
    private static readonly byte[] Drawing = File.ReadAllBytes(TextServer.PathOf("demo", "own-5.png"));

    [Fact]
    public async Task A_web_application_of_ones_own_serves_the_api_below_a_path_and_asks_the_same_grid_without_a_network()
    {
        await using WebApplication app = await StartAsync("/grid");
        Uri address = new(app.Urls.Single());
        using VitGridClient outside = new(new Uri(address, "grid").AbsoluteUri);
        VitGridClient inside = app.Services.GetRequiredService<VitGridClient>();

        IReadOnlyList<float[]> served = await outside.EmbedInputsAsync(
            [EmbeddingInput.FromImage(Drawing), EmbeddingInput.FromText("a black cat")], new() { Model = "clip-nano" });
        var images = app.Services.GetRequiredService<IEmbeddingGenerator<DataContent, Embedding<float>>>();
        var texts = app.Services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
        EmbeddingGenerationOptions clip = new() { ModelId = "clip-nano" };
        Assert.Equal(served[0], (await images.GenerateVectorAsync(new DataContent(Drawing, "image/png"), clip)).ToArray());
        Assert.Equal(served[1], (await texts.GenerateVectorAsync("a black cat", clip)).ToArray());
        Assert.Equal(await outside.EmbedImageAsync(Drawing), await inside.EmbedImageAsync(new MemoryStream(Drawing)));
        Assert.Equal(["clip-nano", "internvit-nano"], (await inside.ModelsAsync()).Select(model => model.Id).Order());

        VitGridException refused = await Assert.ThrowsAsync<VitGridException>(
            () => inside.EmbedTextsAsync(["words"], new() { Model = "internvit-nano" }));
        Assert.Equal((HttpStatusCode.BadRequest, "unsupported_modality"), (refused.Status, refused.Code));
    }

    [Fact]
    public async Task The_programs_own_endpoints_go_before_and_the_grids_errors_headers_and_health_are_its_own()
    {
        await using WebApplication app = await StartAsync("");
        using HttpClient http = new() { BaseAddress = new(app.Urls.Single()) };
        Assert.Equal("""{"myName":"own"}""", await http.GetStringAsync("own"));
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("health/ready")).StatusCode);
        using HttpResponseMessage nothing = await http.GetAsync("v1/nothing");
        JsonElement error = JsonDocument.Parse(await nothing.Content.ReadAsStringAsync()).RootElement.GetProperty("error");
        Assert.Equal((HttpStatusCode.NotFound, "not_found"), (nothing.StatusCode, error.GetProperty("code").GetString()));
        Assert.True(nothing.Headers.Contains("x-request-id"));
        using ByteArrayContent image = new(Drawing);
        using HttpResponseMessage embedded = await http.PostAsync("v1/embeddings?model=internvit-nano", image);
        Assert.Equal(HttpStatusCode.OK, embedded.StatusCode);
        Assert.True(embedded.Headers.Contains("Server-Timing"));
        using HttpRequestMessage foreign = new(HttpMethod.Get, "v1/models") { Headers = { Host = "evil.example" } };
        Assert.Equal(HttpStatusCode.MisdirectedRequest, (await http.SendAsync(foreign)).StatusCode);
    }

    [Fact]
    public async Task A_host_without_a_web_server_embeds_and_stops_when_what_it_accepted_is_answered()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection([new("VitGrid:Queue:DefaultTimeoutMilliseconds", "50000")]);
        builder.AddVitGrid("internvit-nano");
        using IHost host = builder.Build();
        await host.StartAsync();
        await host.Services.GetRequiredService<HostedGrid>().WhenLoadedAsync();
        VitGridClient client = host.Services.GetRequiredService<VitGridClient>();
        Assert.Equal("internvit-nano", Assert.Single(await client.ModelsAsync()).Id);
        float[] vector = await client.EmbedImageAsync(Drawing);
        Task<float[]>[] underWay = [.. Enumerable.Range(0, 16).Select(
            _ => client.EmbedImageAsync(Drawing, new() { Cache = "bypass" }))];
        await Task.WhenAny(underWay);
        await host.StopAsync();
        Assert.All(underWay.Where(task => task.IsCompletedSuccessfully), task => Assert.Equal(vector, task.Result));
        Assert.Contains(underWay, task => task.IsCompletedSuccessfully);
    }

    [Theory]
    [InlineData("VitGrid:Queue:MaxImages", "no number", "Queue:MaxImages")]
    [InlineData("VitGrid:Auth:Mode", "required", "vitgrid keys create")]
    [InlineData("VitGrid:Models:0:Model", "nowhere", "'nowhere' is neither a known name nor a folder")]
    public async Task What_is_wrong_with_the_settings_ends_the_start_and_is_told(string setting, string value, string told)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new());
        string keys = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():n}.json");
        builder.Configuration.AddInMemoryCollection([new(setting, value), new("VitGrid:Auth:KeyFile", keys)]);
        builder.AddVitGrid();
        using IHost host = builder.Build();
        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync());
        Assert.StartsWith("the grid of this program cannot be set up: ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(told, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_keys_a_request_to_an_address_that_others_reach_is_refused()
    {
        await using HostedGrid grid = HostedGrid.Create(
            new ConfigurationBuilder().Build(), ["internvit-nano"], LoggerFactory.Create(_ => { }));
        DefaultHttpContext context = new();
        context.Connection.LocalIpAddress = IPAddress.Parse("192.0.2.7");
        context.Response.Body = new MemoryStream();
        await grid.HandleAsync(context);
        context.Response.Body.Position = 0;
        Assert.Equal(403, context.Response.StatusCode);
        Assert.Contains("VitGrid:Auth:Mode", await new StreamReader(context.Response.Body).ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_without_a_grid_maps_none()
    {
        WebApplication app = WebApplication.CreateSlimBuilder().Build();
        InvalidOperationException refused = Assert.Throws<InvalidOperationException>(() => app.MapVitGrid());
        Assert.Contains("builder.AddVitGrid()", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<WebApplication> StartAsync(string prefix)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.AddVitGrid();
        WebApplication app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.MapGet("/own", () => Results.Json(new { MyName = "own" }));
        app.MapVitGrid(prefix);
        await app.StartAsync();
        await app.Services.GetRequiredService<HostedGrid>().WhenLoadedAsync();
        return app;
    }
}
