using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using VitGrid.Access.Keys;
using VitGrid.Access.Options;
using VitGrid.Server.Api.Protocols;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Tests.Api;
using VitGrid.Server.Tests.Protocols.Plain;
using VitGrid.Server.Tests.Verbs;

namespace VitGrid.Server.Tests.Access;

/// <summary>A front end that needs keys, with a file of keys of its own.</summary>
internal sealed class KeyedApi : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;

    private KeyedApi(TemporaryFolder folder, TestApi door, KeyAdministration keys) => (_folder, Door, Keys) = (folder, door, keys);

    public TestApi Door { get; }

    public KeyAdministration Keys { get; }

    /// <summary>Everything that was logged.</summary>
    public string Log => string.Join('\n', Door.Logs.Lines.Select(line => line.Message));

    public static async Task<KeyedApi> OpenAsync(
        AuthOptions? auth = null, FakeGrid? grid = null, Action<IServiceCollection>? services = null, KeyLimits? defaults = null,
        bool hasGrpc = false)
    {
        TemporaryFolder folder = new();
        KeyFile store = new(folder.At("keys.json"));
        KeyAdministration keys = new(store, TimeProvider.System);
        await keys.CreateAsync((id, hash) => new() { Id = id, Name = "first", Hash = hash, Scopes = Scopes.Admin }, default);
        ServerOptions options = new()
        {
            Auth = (auth ?? new()) with { Mode = AuthMode.Required, KeyFile = store.Place },
            RateLimits = defaults ?? new(),
            Grpc = new() { Url = hasGrpc ? "http://127.0.0.1:0" : null },
        };
        TestApi door = await TestApi.OpenAsync(options, grid, all =>
        {
            all.AddProtocol(new PlainProtocol(), options);
            services?.Invoke(all);
        });
        return new(folder, door, keys);
    }

    /// <summary>Makes a key, and has the server read it, as it would within moments.</summary>
    public async Task<string> KeyAsync(string name, Scopes scopes = Scopes.Embed, Func<ApiKey, ApiKey>? change = null)
    {
        NewKey made = await Keys.CreateAsync(
            (id, hash) => (change ?? (key => key))(new() { Id = id, Name = name, Hash = hash, Scopes = scopes }), default);
        await RefreshAsync();
        return made.Secret;
    }

    /// <summary>Has the server read the keys.</summary>
    public Task RefreshAsync() => Door.App.Services.GetRequiredService<KeyWatch>().RefreshAsync();

    public Task<Answer> EmbedAsync(string? key, object? body = null, string header = "Authorization")
    {
        HttpRequestMessage request = new(HttpMethod.Post, "/v1/embeddings")
        {
            Content = new StringContent(
                JsonSerializer.Serialize(body ?? new { input = Convert.ToBase64String(FakeGrid.Image(1)) }), Encoding.UTF8,
                "application/json"),
        };
        return SendAsync(request, key, header);
    }

    public Task<Answer> GetAsync(string path, string? key) => SendAsync(new HttpRequestMessage(HttpMethod.Get, path), key);

    public Task<Answer> SendAsync(HttpRequestMessage request, string? key, string header = "Authorization")
    {
        if (key is not null)
            request.Headers.TryAddWithoutValidation(header, header == "Authorization" ? $"Bearer {key}" : key);
        return Door.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        await Door.DisposeAsync();
        _folder.Dispose();
    }
}
