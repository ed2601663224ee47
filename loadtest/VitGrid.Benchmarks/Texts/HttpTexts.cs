using System.Globalization;
using System.Net.Http.Json;
using VitGrid.LoadTest.Processes;

namespace VitGrid.Benchmarks.Texts;

/// <summary>A turn over HTTP: a real server, texts by their token ids, so many in each request, one request after another.</summary>
internal sealed class HttpTexts : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly ServerProcess _server;

    private HttpTexts(ServerProcess server) => _server = server;

    /// <summary>Starts <paramref name="server"/> (vitgrid.dll) with batches of at most <paramref name="batch"/>, and waits until both
    /// towers are loaded.</summary>
    public static async Task<HttpTexts> StartAsync(string server, string model, int batch, CancellationToken cancellationToken)
    {
        HttpTexts texts = new(await ServerProcess.StartReadyAsync(
            server,
            [
                "--model", model, string.Create(CultureInfo.InvariantCulture, $"--VitGrid:Batching:MaxBatchSize={batch}"),
                "--VitGrid:Batching:MaxBatchGigaflop=1000000",
            ],
            cancellationToken));
        Uri models = new(texts._server.Address, "v1/models");
        while ((await texts._http.GetStringAsync(models, cancellationToken)).Contains("\"loading\"", StringComparison.Ordinal))
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
        return texts;
    }

    /// <summary>Sends <paramref name="texts"/>, <paramref name="batch"/> a request.</summary>
    /// <exception cref="HttpRequestException">One was refused.</exception>
    public async Task RunAsync(int[][] texts, int batch, CancellationToken cancellationToken)
    {
        Uri address = new(_server.Address, "v1/embeddings?cache=bypass&encoding_format=base64&timeout_ms=3600000");
        foreach (int[][] part in texts.Chunk(batch))
        {
            using HttpResponseMessage answer = await _http.PostAsJsonAsync(
                address, new { input = part, tokens = "model" }, cancellationToken);
            string read = await answer.Content.ReadAsStringAsync(cancellationToken);
            if (!answer.IsSuccessStatusCode)
                throw new HttpRequestException($"{address} answered {(int)answer.StatusCode}: {read}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        _server.Dispose();
    }
}
