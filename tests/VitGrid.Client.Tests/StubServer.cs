using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace VitGrid.Client.Tests;

/// <summary>A request as it arrived.</summary>
internal sealed record Received(string Line, string? ContentType, string? Authorization, string Body);

/// <summary>A web server on a real port that keeps what it is sent and answers what a test says.</summary>
internal sealed class StubServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private StubServer(WebApplication app) => _app = app;

    /// <summary>What arrived, in order.</summary>
    public ConcurrentQueue<Received> Requests { get; } = new();

    public HttpClient Http { get; } = new();

    public VitGridClient Client => new(Http);

    /// <summary>Answers <paramref name="body"/> as JSON.</summary>
    public static Task<StubServer> StartAsync(string body, int status = 200, string? retryAfter = null) => StartAsync(context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.Headers.RetryAfter = retryAfter;
        return context.Response.WriteAsync(body);
    });

    public static async Task<StubServer> StartAsync(RequestDelegate answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        StubServer server = new(builder.Build());
        server._app.Run(async context =>
        {
            Received received = await ReadAsync(context.Request);
            context.Items["body"] = received.Body;
            server.Requests.Enqueue(received);
            await answer(context);
        });
        await server._app.StartAsync();
        server.Http.BaseAddress = new(server._app.Urls.Single());
        return server;
    }

    /// <summary>The only request that arrived.</summary>
    public Received Single() => Assert.Single(Requests);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }

    private static async Task<Received> ReadAsync(HttpRequest request)
    {
        using StreamReader body = new(request.Body);
        string line = $"{request.Method} {request.Path}{request.QueryString}";
        return new(line, request.ContentType, request.Headers.Authorization, await body.ReadToEndAsync());
    }
}
