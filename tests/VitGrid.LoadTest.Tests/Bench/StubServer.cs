using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace VitGrid.LoadTest.Tests.Bench;

/// <summary>A server of OpenAI's shape, over real HTTP: a vector is a function of nothing, so equal images have equal ones.</summary>
internal sealed class StubServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HashSet<string> _seen = [];
    private int _asked;

    private StubServer(WebApplication app) => _app = app;

    /// <summary>Where it is.</summary>
    public Uri Address => new(_app.Urls.First());

    /// <summary>Images that were sent, by their content.</summary>
    public IReadOnlyCollection<string> Seen => _seen;

    /// <summary>What the last request was authorised with.</summary>
    public string? Authorization { get; private set; }

    /// <summary>Starts one on a free port.</summary>
    /// <param name="answer">The status of the n-th request, from 1; 200 is answered with a vector.</param>
    public static async Task<StubServer> StartAsync(Func<int, int> answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        StubServer server = new(builder.Build());
        server._app.MapPost("/v1/embeddings", context => server.AnswerAsync(context, answer));
        await server._app.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context, Func<int, int> answer)
    {
        using JsonDocument body = await JsonDocument.ParseAsync(context.Request.Body);
        string?[] images = [.. body.RootElement.GetProperty("input").EnumerateArray().Select(item => item.GetString())];
        int number;
        lock (_seen)
        {
            number = ++_asked;
            Authorization = context.Request.Headers.Authorization;
            foreach (string? image in images)
                _seen.Add(Convert.ToHexString(SHA256.HashData(Convert.FromBase64String(image!.Split(',')[1]))));
        }
        context.Response.StatusCode = answer(number);
        context.Response.Headers["Server-Timing"] = "decode;dur=1, infer;dur=2";
        await context.Response.WriteAsJsonAsync(context.Response.StatusCode == 200
            ? new { data = images.Select((_, index) => new { index, embedding = new[] { 0.5f, 0.25f } }) }
            : (object)new { error = new { code = "overloaded" } });
    }
}
