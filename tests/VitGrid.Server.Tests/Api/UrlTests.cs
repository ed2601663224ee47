using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using VitGrid.Server.Api.Requests;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Tests.Api;

/// <summary>Images that a request names by URL.</summary>
public sealed class UrlTests : IAsyncLifetime
{
    private static readonly string Good = Convert.ToBase64String(FakeGrid.Image(1));

    private WebApplication _site = null!;

    private Uri Site => new(_site.Urls.Single());

    public async Task InitializeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _site = builder.Build();
        _site.MapGet("/{number:int}.png", (int number) => Results.Bytes(FakeGrid.Image(number), "image/png"));
        _site.MapGet("/empty.png", () => Results.Bytes([], "image/png"));
        _site.MapGet("/hang.png", async context => await Task.Delay(Timeout.Infinite, context.RequestAborted));
        _site.MapGet("/inside", () => Results.Redirect("http://169.254.169.254/latest"));
        await _site.StartAsync();
    }

    [Fact]
    public async Task An_image_by_url_has_the_vector_of_its_bytes_and_its_time_stands_in_the_answer()
    {
        await using TestApi door = await TestApi.OpenAsync(On());
        object item = new { type = "image_url", image_url = new { url = Url("2.png") } };
        Answer answer = await door.JsonAsync(new { input = new object[] { Url("1.png"), item, Good } });
        Assert.Equal(200, answer.Status);
        Assert.Equal(answer.Vector(2), answer.Vector(0));
        Assert.Equal([1, 1, 2], door.Grid.Asked.Select(asked => Number(asked.Image.Span)).Order());
        string fetch = answer.Header("Server-Timing").Split(", ")[0];
        Assert.StartsWith("fetch;dur=", fetch, StringComparison.Ordinal);
        Assert.NotEqual(0, double.Parse(fetch["fetch;dur=".Length..], CultureInfo.InvariantCulture));
        Assert.Equal(0, door.App.Services.GetRequiredService<BodyMemory>().Held);
    }

    [Theory]
    [InlineData("missing.png", "url_fetch_failed", "status 404")]
    [InlineData("inside", "url_not_allowed", "port 80")]
    [InlineData("empty.png", "image_decode_failed", "0 bytes")]
    public async Task What_is_no_image_fails_the_request_or_alone_when_the_request_wants_the_rest(string path, string code, string told)
    {
        await using TestApi door = await TestApi.OpenAsync(On());
        (await door.JsonAsync(new { input = new[] { Good, Url(path) } })).IsRefusal(400, code, "input[1]", told);
        Answer partial = await door.JsonAsync(new { on_error = "partial", input = new[] { Good, Url(path) } });
        Assert.Equal(200, partial.Status);
        Assert.Equal(code, partial.Json.GetProperty("data")[1].GetProperty("error").GetProperty("code").GetString());
        Assert.Equal("input[1]", partial.Json.GetProperty("data")[1].GetProperty("error").GetProperty("param").GetString());
    }

    [Fact]
    public async Task The_time_to_fetch_is_the_requests()
    {
        await using TestApi door = await TestApi.OpenAsync(On());
        (await door.JsonAsync(new { input = Url("hang.png"), timeout_ms = 50 })).IsRefusal(
            504, "deadline_exceeded", null, "within 50 ms", "raise");
        Assert.Empty(door.Grid.Asked);
        await door.JsonAsync(new { input = Url("1.png"), timeout_ms = 60_000 });
        Assert.InRange(Assert.Single(door.Grid.Asked).Timeout!.Value, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(
            60) - TimeSpan.FromTicks(1));
    }

    [Fact]
    public async Task Fetched_bytes_count_as_those_of_bodies()
    {
        ServerOptions on = On();
        FakeGrid busy = new()
        {
            Answer = async (request, cancellation) =>
            {
                await Task.Delay(Timeout.Infinite, cancellation);
                return FakeGrid.Result([0]);
            },
        };
        await using TestApi door = await TestApi.OpenAsync(
            on with { Http = on.Http with { MaxBufferedBytes = 100_000, MaxClientBytes = 100_000 } }, busy);
        (await door.JsonAsync(new { input = new[] { Url("1.png"), Url("2.png") } })).IsRefusal(429, "overloaded", null, "MaxBufferedBytes");
        Assert.Equal(0, door.App.Services.GetRequiredService<BodyMemory>().Held);
    }

    [Fact]
    public async Task A_url_that_may_not_be_fetched_is_refused_before_anything_is_computed()
    {
        await using TestApi door = await TestApi.OpenAsync(On());
        (await door.JsonAsync(new { input = new[] { Good, "ftp://example.org/a.png" } })).IsRefusal(
            400, "url_not_allowed", "input[1]", "only https and http");
        (await door.JsonAsync(new { input = new[] { Good, "http://me:pass@127.0.0.1/a.png" } })).IsRefusal(
            400, "url_not_allowed", "input[1]", "user or password");
        Assert.Empty(door.Grid.Asked);
    }

    public async Task DisposeAsync() => await _site.DisposeAsync();

    private string Url(string path) => new Uri(Site, path).AbsoluteUri;

    private ServerOptions On() => new()
    {
        UrlFetch = new() { Enabled = true, AllowHttp = true, Addresses = [$"{IPAddress.Loopback}/32"], Ports = [$"{Site.Port}"] },
    };

    private static int Number(ReadOnlySpan<byte> image) => (image[0] - 3) / 7;
}
