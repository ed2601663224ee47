using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using VitGrid.Server.Hosting;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Tests.Api;

/// <summary>The real front end on a real port, with <see cref="FakeGrid"/> behind it.</summary>
internal sealed class TestApi : IAsyncDisposable
{
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private TestApi(WebApplication app, FakeGrid grid, LogList logs)
    {
        (App, Grid, Logs) = (app, grid, logs);
        app.Lifetime.ApplicationStarted.Register(() =>
        {
            Http.BaseAddress = new Uri(app.Urls.First());
            _started.SetResult();
        });
    }

    public WebApplication App { get; }

    public FakeGrid Grid { get; }

    public LogList Logs { get; }

    public HttpClient Http { get; } = new();

    public static async Task<TestApi> OpenAsync(
        ServerOptions? options = null, FakeGrid? grid = null, Action<IServiceCollection>? services = null, bool start = true,
        string url = "http://127.0.0.1:0")
    {
        FakeGrid behind = grid ?? new();
        LogList logs = new();
        WebApplication app = ServerHost.Create(options ?? new(), builder =>
        {
            builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Debug).AddProvider(logs);
            builder.Services.AddSingleton(behind.TestApi);
            services?.Invoke(builder.Services);
        }, url);
        TestApi door = new(app, behind, logs);
        if (start)
            await app.StartAsync();
        return door;
    }

    public Task StartedAsync() => _started.Task;

    public Task<Answer> JsonAsync(object body) => SendAsync(JsonContent.Create(body));

    public Task<Answer> TextAsync(string body, string contentType = "application/json")
    {
        StringContent content = new(body, Encoding.UTF8);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        return SendAsync(content);
    }

    public Task<Answer> RawAsync(byte[] body, string contentType = "image/png", string query = "")
    {
        ByteArrayContent content = new(body);
        if (contentType.Length > 0)
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        return SendAsync(content, query);
    }

    public Task<Answer> GetAsync(string path) => SendAsync(new HttpRequestMessage(HttpMethod.Get, path));

    public Task<Answer> SendAsync(HttpContent content, string query = "") =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, "/v1/embeddings" + query) { Content = content });

    public async Task<Answer> SendAsync(HttpRequestMessage request)
    {
        using HttpResponseMessage response = await Http.SendAsync(request);
        return new Answer(response, await response.Content.ReadAsStringAsync());
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await App.DisposeAsync();
    }
}

/// <summary>An answer read whole.</summary>
internal sealed class Answer(HttpResponseMessage response, string body)
{
    public int Status { get; } = (int)response.StatusCode;

    public string Body { get; } = body;

    public HttpResponseMessage Message { get; } = response;

    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public JsonElement Error => Json.GetProperty("error");

    public string Header(string name) =>
        Message.Headers.TryGetValues(name, out IEnumerable<string>? values) ? string.Join(", ", values) : "";

    public float[] Vector(int index) =>
        [.. Json.GetProperty("data")[index].GetProperty("embedding").EnumerateArray().Select(number => number.GetSingle())];

    public byte[] Bytes(int index) => Json.GetProperty("data")[index].GetProperty("embedding").GetBytesFromBase64();

    /// <summary>Checks the contract's error: shape, status, code, param, and a message that holds every one of the words.</summary>
    public void IsRefusal(int status, string code, string? param, params string[] words)
    {
        Assert.True(Status == status, $"status {Status}, expected {status}: {Body}");
        Assert.Equal(code, Error.GetProperty("code").GetString());
        Assert.Equal(param, Error.GetProperty("param").GetString());
        Assert.EndsWith("_error", Error.GetProperty("type").GetString(), StringComparison.Ordinal);
        Assert.All(words, word => Assert.Contains(word, Error.GetProperty("message").GetString(), StringComparison.Ordinal));
        Assert.Equal("application/json", Message.Content.Headers.ContentType?.MediaType);
        Assert.NotEqual("", Header("x-request-id"));
    }
}

/// <summary>Keeps what was logged.</summary>
internal sealed class LogList : ILoggerProvider, ILogger
{
    public ConcurrentQueue<(LogLevel Level, string Message)> Lines { get; } = new();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Enqueue((logLevel, formatter(state, exception)));

    public void Dispose()
    {
    }
}
