using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Telemetry;
using VitGrid.Runtime.Execution;
using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.Benchmarks.Flips;

/// <summary>What probes and the comparison of weights cost: a grid with them and one without take turns in one run.</summary>
/// <param name="model">Folder of the checkpoint.</param>
/// <param name="folder">Folder of images.</param>
internal sealed class WatchBenchmark(string model, string folder)
{
    private const int Places = 4;
    private const string Rounds = "vitgrid.device.probes", Scrubbed = "vitgrid.weights.scrubbed";
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    private readonly byte[][] _images =
        [.. Directory.EnumerateFiles(folder, "*.png").Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    private long _rounds;
    private long _bytes;

    public async Task<IReadOnlyList<string>> RunAsync(
        int rounds, TimeSpan length, TextWriter progress, CancellationToken cancellationToken)
    {
        using MeterListener meters = new();
        meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == GridMetrics.MeterName && instrument.Name is Rounds or Scrubbed)
                listener.EnableMeasurementEvents(instrument);
        };
        meters.SetMeasurementEventCallback<long>(
            (instrument, value, _, _) => Interlocked.Add(ref (instrument.Name == Rounds ? ref _rounds : ref _bytes), value));
        meters.Start();
        List<(Rate Watched, Rate Unwatched)> pairs = [];
        for (int i = 0; i < rounds; i++)
        {
            // Who begins changes as well.
            bool begins = i % 2 == 0;
            Rate first = await RunAsync(begins, length, cancellationToken);
            Rate second = await RunAsync(!begins, length, cancellationToken);
            pairs.Add(begins ? (first, second) : (second, first));
            await progress.WriteLineAsync(
                Text($"{i + 1} of {rounds}: {pairs[^1].Watched.PerSecond:0.0} watched, {pairs[^1].Unwatched.PerSecond:0.0} not").AsMemory(),
                cancellationToken);
        }
        return
        [
            Text($"{Path.GetFileName(Path.TrimEndingDirectorySeparator(model))}, {rounds} rounds of {length.TotalSeconds:0} s each, "
                + $"{Places} images at a time on one device, past the cache"),
            Text($"images a second: {Ratios.Median(pairs.Select(pair => pair.Watched.PerSecond)):0.0} with probes and comparison of "
                + $"weights, {Ratios.Median(pairs.Select(pair => pair.Unwatched.PerSecond)):0.0} without; ratio "
                + $"{Ratios.Text([.. pairs.Select(pair => pair.Watched.PerSecond / pair.Unwatched.PerSecond)])}"),
            Text($"processor time an image: {Ratios.Median(pairs.Select(pair => pair.Watched.Cost)):0.00} ms with them, "
                + $"{Ratios.Median(pairs.Select(pair => pair.Unwatched.Cost)):0.00} ms without; ratio "
                + $"{Ratios.Text([.. pairs.Select(pair => pair.Watched.Cost / pair.Unwatched.Cost)])}"),
            Text($"beside {pairs.Sum(pair => pair.Watched.Images)} images: {pairs.Sum(pair => pair.Watched.Rounds)} rounds of probes "
                + $"({100.0 * pairs.Sum(pair => pair.Watched.Rounds) / pairs.Sum(pair => pair.Watched.Images):0.00} % as many), "
                + $"{pairs.Sum(pair => pair.Watched.Bytes) / 1e6:0.0} MB of weights compared"),
        ];
    }

    private async Task<Rate> RunAsync(bool isWatched, TimeSpan length, CancellationToken cancellationToken)
    {
        GridOptions options = new()
        {
            Models = [new() { Name = LocalGrid.ModelName, Directory = model }],
            Devices = [ExecutionBackends.Processor],
            Health = isWatched ? new() : new() { Probes = false, ScrubBytesPerSecond = 0 },
        };
        using IHost grid = await LocalGrid.StartAsync(options, null, cancellationToken);
        Embedder embedder = grid.Services.GetRequiredService<Embedder>();
        await CountAsync(embedder, WarmUp, cancellationToken);
        (long rounds, long bytes) = (Interlocked.Read(ref _rounds), Interlocked.Read(ref _bytes));
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        long began = Stopwatch.GetTimestamp();
        int images = await CountAsync(embedder, length, cancellationToken);
        Rate rate = new(
            images / Stopwatch.GetElapsedTime(began).TotalSeconds,
            (Environment.CpuUsage.TotalTime - processor).TotalMilliseconds / images)
        {
            Images = images,
            Rounds = Interlocked.Read(ref _rounds) - rounds,
            Bytes = Interlocked.Read(ref _bytes) - bytes,
        };
        await grid.StopAsync(cancellationToken);
        return rate;
    }

    private async Task<int> CountAsync(Embedder embedder, TimeSpan length, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        int images = 0;
        await Task.WhenAll(Enumerable.Range(0, Places).Select(async place =>
        {
            for (int i = place; Stopwatch.GetElapsedTime(began) < length; i++)
            {
                await embedder.EmbedAsync(
                    new() { Model = LocalGrid.ModelName, Image = _images[i % _images.Length], Cache = CacheUse.Bypass }, cancellationToken);
                Interlocked.Increment(ref images);
            }
        }));
        return images;
    }

    /// <summary>Images a second, and processor time in milliseconds an image.</summary>
    private sealed record Rate(double PerSecond, double Cost)
    {
        public required int Images { get; init; }

        public required long Rounds { get; init; }

        public required long Bytes { get; init; }
    }
}
