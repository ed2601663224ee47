using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using VitGrid.Access.Keys;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Execution;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Hosting;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Tests.Cluster;
using VitGrid.Server.Tests.Verbs;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Batches;

/// <summary>A whole server with a queue, whose guard takes the tenant from a header.</summary>
internal sealed class TenantServer : IAsyncDisposable
{
    private const string Header = "x-test-tenant";

    private readonly TemporaryFolder _folder = new();
    private StartedProcess? _redis;
    private WebApplication? _app;

    public HttpClient Http { get; } = new();

    public static async Task<TenantServer> StartAsync(CacheOptions? cache = null)
    {
        TenantServer server = new();
        (server._redis, string address) = await StartedProcess.RedisAsync(server._folder.Root);
        ServerOptions options = new()
        {
            Models = [new ModelSettings { Model = "internvit-nano" }],
            Devices = [ExecutionBackends.Processor],
            Cache = cache ?? new(),
            Indexing = new() { Redis = address, Spool = server._folder.At("spool"), PartMilliseconds = 100, MaxItems = 4,
                Roots = [server._folder.Root] },
        };
        server._app = ServerHost.Create(
            options,
            builder =>
            {
                builder.Logging.ClearProviders();
                builder.Services.AddSingleton<IStartupFilter, HeaderGuard>();
                builder.AddGrid(options.ToGrid(name => new ModelLocation(name, GoldenFiles.Nano), "internvit-nano", Precision.Fp32));
            },
            "http://127.0.0.1:0");
        await server._app.StartAsync();
        await server._app.Services.GetRequiredService<ModelCatalog>().WhenLoadedAsync();
        server.Http.BaseAddress = new Uri(server._app.Urls.Single());
        return server;
    }

    /// <summary>Sends a request of a tenant; empty: of nobody in particular.</summary>
    public async Task<TenantAnswer> SendAsync(string tenant, HttpMethod method, string path, HttpContent? content = null)
    {
        using HttpRequestMessage request = new(method, path) { Content = content };
        if (tenant.Length > 0)
            request.Headers.Add(Header, tenant);
        using HttpResponseMessage answer = await Http.SendAsync(request);
        return new((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers);
    }

    /// <summary>Uploads lines; gives the file's id.</summary>
    public async Task<string> UploadAsync(string tenant, params string[] lines)
    {
        using MultipartFormDataContent form = new()
        {
            { new StringContent("batch"), "purpose" },
            { new ByteArrayContent(Encoding.UTF8.GetBytes(string.Join('\n', lines))), "file", "lines.jsonl" },
        };
        return (await SendAsync(tenant, HttpMethod.Post, "/v1/files", form)).Text("id");
    }

    public Task<TenantAnswer> CreateAsync(string tenant, string file) => SendAsync(tenant, HttpMethod.Post, "/v1/batches",
        JsonContent.Create(new { input_file_id = file, endpoint = "/v1/embeddings", completion_window = "24h" }));

    /// <summary>The batch once it is completed.</summary>
    public async Task<TenantAnswer> CompletedAsync(string tenant, string batch)
    {
        using CancellationTokenSource limit = new(StartedProcess.Timeout);
        while (true)
        {
            TenantAnswer answer = await SendAsync(tenant, HttpMethod.Get, $"/v1/batches/{batch}");
            if (answer.Text("status") == "completed")
                return answer;
            Assert.False(limit.IsCancellationRequested, $"the batch was never completed: {answer.Body}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_app is { } app)
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }
        _redis?.Dispose();
        _folder.Dispose();
    }

    private sealed class HeaderGuard : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use((context, following) =>
            {
                if (context.Request.Headers[Header].ToString() is { Length: > 0 } tenant)
                    context.Features.Set(new Caller(tenant) { Scopes = Scopes.Embed | Scopes.Files | Scopes.Batches });
                return following(context);
            });
            next(app);
        };
    }
}

/// <summary>What a tenant was answered.</summary>
internal sealed record TenantAnswer(int Status, string Body, HttpResponseHeaders Headers)
{
    public JsonElement Json => JsonElement.Parse(Body);

    public string[] Ids => [.. Json.GetProperty("data").EnumerateArray().Select(item => item.GetProperty("id").GetString()!)];

    public string Text(string name) => Json.GetProperty(name).GetString()!;
}
