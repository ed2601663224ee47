using System.Net.Http.Headers;
using VitGrid.LoadTest.Processes;

namespace VitGrid.Benchmarks.Hits;

/// <summary>A server like the other, but one that needs a key, and a client that sends it.</summary>
internal sealed class KeyedServer : IDisposable
{
    private readonly ServerProcess _server;

    private KeyedServer(ServerProcess server, string key)
    {
        _server = server;
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    /// <summary>Sends the key.</summary>
    public HttpClient Http { get; } = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromMinutes(2) };

    /// <summary>Where images go.</summary>
    public Uri Embeddings => new(_server.Address, "v1/embeddings");

    /// <summary>Makes a key and starts a server with it.</summary>
    public static async Task<KeyedServer> StartAsync(HitsQuestion question, string scratch, CancellationToken cancellationToken)
    {
        KeyFile keys = new(question.Server, scratch);
        string key = await keys.CreateAsync("hits", cancellationToken);
        return new(
            await ServerProcess.StartReadyAsync(
                question.Server, ["--model", question.Model, .. keys.ServeArguments], cancellationToken),
            key);
    }

    public void Dispose()
    {
        Http.Dispose();
        _server.Dispose();
    }
}
