using System.Net.Http.Headers;
using VitGrid.LoadTest.Images;
using VitGrid.LoadTest.Measure;

namespace VitGrid.Benchmarks.Compare;

/// <summary>A turn over HTTP: every image a raw body of its own, all under way at once.</summary>
internal sealed class HttpSide(Uri address) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly List<KeyValuePair<string, double>> _timings = [];

    /// <summary>Sends <paramref name="images"/>.</summary>
    /// <exception cref="HttpRequestException">One was refused.</exception>
    public Task RunAsync(IEnumerable<(StampedImage Image, byte[] File)> images, CancellationToken cancellationToken) =>
        Task.WhenAll(images.Select(image => SendAsync(image.Image.MediaType, image.File, cancellationToken)));

    /// <summary>Mean milliseconds by stage, where the server says.</summary>
    public IReadOnlyList<(string Stage, double Milliseconds)> Stages()
    {
        lock (_timings)
            return [.. _timings.GroupBy(timing => timing.Key).Select(stage => (stage.Key, stage.Average(timing => timing.Value)))];
    }

    /// <summary>Forgets the stages so far.</summary>
    public void Forget()
    {
        lock (_timings)
            _timings.Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task SendAsync(string mediaType, byte[] file, CancellationToken cancellationToken)
    {
        using ByteArrayContent body = new(file);
        body.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        using HttpResponseMessage answer = await _http.PostAsync(address, body, cancellationToken);
        byte[] read = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
        if (!answer.IsSuccessStatusCode)
            throw new HttpRequestException($"{address} answered {(int)answer.StatusCode}: {System.Text.Encoding.UTF8.GetString(read)}");
        if (answer.Headers.TryGetValues("Server-Timing", out IEnumerable<string>? values))
        {
            lock (_timings)
                _timings.AddRange(ServerTiming.Parse(string.Join(',', values)));
        }
    }
}
