using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;
using VitGrid.LoadTest.Measure;

namespace VitGrid.LoadTest.Indexing;

/// <summary>Clients that send files to a server and wait for their vectors, past the cache.</summary>
internal sealed class OnlineClients(HttpClient http, IReadOnlyList<string> files)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Images a second of <paramref name="clients"/> at once, until each of the first <paramref name="count"/> files is answered.
    /// </summary>
    public async Task<double> RateAsync(int clients, int count, CancellationToken cancellationToken)
    {
        ConcurrentQueue<string> left = new(files.Take(count));
        long began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            while (left.TryDequeue(out string? file))
                await SendAsync(file, cancellationToken);
        }));
        return count / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>What one client waits that sends an image after the other, with pauses, until it is <paramref name="over"/>.</summary>
    public async Task<Percentiles> LoneAsync(Func<bool> over, CancellationToken cancellationToken)
    {
        Waits waits = new();
        while (!over())
        {
            long began = Stopwatch.GetTimestamp();
            await SendAsync(files[(int)(waits.Count % files.Count)], cancellationToken);
            waits.Add(Stopwatch.GetElapsedTime(began));
            await Task.Delay(Pause, cancellationToken);
        }
        return waits.Sum();
    }

    /// <summary>What the server says of itself now.</summary>
    public async Task<ServerReading> ReadAsync(CancellationToken cancellationToken) =>
        ServerReading.From(await http.GetStringAsync(new Uri("metrics", UriKind.Relative), cancellationToken));

    private async Task SendAsync(string file, CancellationToken cancellationToken)
    {
        using ByteArrayContent body = new(await File.ReadAllBytesAsync(file, cancellationToken));
        body.Headers.ContentType = new MediaTypeHeaderValue("image/bmp");
        using HttpResponseMessage answer = await http.PostAsync(
            new Uri("v1/embeddings?cache=bypass", UriKind.Relative), body, cancellationToken);
        answer.EnsureSuccessStatusCode();
    }
}
