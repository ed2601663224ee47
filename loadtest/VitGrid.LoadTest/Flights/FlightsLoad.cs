using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;
using VitGrid.LoadTest.Failures;
using VitGrid.LoadTest.Measure;

namespace VitGrid.LoadTest.Flights;

/// <summary>What a scene showed.</summary>
/// <param name="Rate">Answers a second.</param>
/// <param name="Computed">Images that passed the worker, of 100 answers.</param>
/// <param name="Median50">Median latency, in milliseconds.</param>
/// <param name="P95">95 of 100 answers came within, in milliseconds.</param>
internal sealed record FlightsScene(double Rate, double Computed, double Median50, double P95)
{
    /// <summary>The median of each figure.</summary>
    public static FlightsScene Median(IReadOnlyCollection<FlightsScene> scenes)
    {
        return new(From(scene => scene.Rate), From(scene => scene.Computed), From(scene => scene.Median50), From(scene => scene.P95));

        double From(Func<FlightsScene, double> figure) => scenes.Select(figure).Order().ElementAt(scenes.Count / 2);
    }
}

/// <summary>Clients in a closed loop with images that nobody has sent before.</summary>
internal static class FlightsLoad
{
    private const int Side = 224;
    private static int _seed;

    /// <summary>Loads two front ends for a scene.</summary>
    /// <param name="pair">The front ends.</param>
    /// <param name="worker">The worker, whose batches are counted.</param>
    /// <param name="doubled">Part of the images that go to both at once, 0–1; the others go to one by turns.</param>
    /// <param name="options">Clients and length.</param>
    /// <param name="cancellationToken">Ends the load.</param>
    public static async Task<FlightsScene> RunAsync(
        Uri[] pair, Uri worker, double doubled, FlightsOptions options, CancellationToken cancellationToken)
    {
        using HttpClient http = new(new SocketsHttpHandler { UseProxy = false });
        ConcurrentBag<double> latencies = [];
        double before = await ComputedAsync(http, worker, cancellationToken);
        long begun = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, options.Clients).Select(_ => Task.Run(ClientAsync, cancellationToken)));
        double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        double computed = await ComputedAsync(http, worker, cancellationToken) - before;
        double[] sorted = [.. latencies.Order()];
        return new(sorted.Length / seconds, 100 * computed / sorted.Length, sorted[sorted.Length / 2], sorted[sorted.Length * 95 / 100]);

        async Task ClientAsync()
        {
            while (Stopwatch.GetElapsedTime(begun) < options.Scene)
            {
                int seed = Interlocked.Increment(ref _seed);
                byte[] image = NoiseImage.Bmp(seed, Side);
                IEnumerable<Uri> frontEnds = seed % 100 < doubled * 100 ? pair : [pair[seed % 2]];
                await Task.WhenAll(frontEnds.Select(
                    async frontEnd => latencies.Add(await EmbedAsync(http, frontEnd, image, cancellationToken))));
            }
        }
    }

    private static async Task<double> EmbedAsync(HttpClient http, Uri frontEnd, byte[] image, CancellationToken cancellationToken)
    {
        using ByteArrayContent body = new(image) { Headers = { ContentType = new MediaTypeHeaderValue("image/bmp") } };
        long sent = Stopwatch.GetTimestamp();
        using HttpResponseMessage answer = await http.PostAsync(new Uri(frontEnd, "v1/embeddings"), body, cancellationToken);
        answer.EnsureSuccessStatusCode();
        return Stopwatch.GetElapsedTime(sent).TotalMilliseconds;
    }

    private static async Task<double> ComputedAsync(HttpClient http, Uri worker, CancellationToken cancellationToken) =>
        PrometheusText.Parse(await http.GetStringAsync(new Uri(worker, "metrics"), cancellationToken))
            .Where(sample => sample.Name == "vitgrid_batch_size_sum").Sum(sample => sample.Value);
}
