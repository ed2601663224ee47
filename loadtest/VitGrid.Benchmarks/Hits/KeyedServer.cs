using System.Diagnostics;
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
        Directory.CreateDirectory(scratch);
        string file = Path.GetFullPath(Path.Combine(scratch, "keys.json"));
        File.Delete(file);
        string key = await CreateKeyAsync(question.Server, file, cancellationToken);
        string[] arguments =
            ["--model", question.Model, "--VitGrid:Auth:Mode=required", $"--VitGrid:Auth:KeyFile={file}"];
        return new(await ServerProcess.StartReadyAsync(question.Server, arguments, cancellationToken), key);
    }

    public void Dispose()
    {
        Http.Dispose();
        _server.Dispose();
    }

    private static async Task<string> CreateKeyAsync(string program, string file, CancellationToken cancellationToken)
    {
        ProcessStartInfo start = new("dotnet", [program, "keys", "create", "hits", "--file", file]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
        string key = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return key.Trim();
    }
}
