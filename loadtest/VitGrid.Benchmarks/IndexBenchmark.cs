using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using VitGrid.Benchmarks.Pipeline;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Telemetry;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Items;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Work;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Images;

namespace VitGrid.Benchmarks;

/// <summary>
/// What the indexing queue itself costs: a model that takes no time and a sink that keeps nothing, so that CPU time and memory are the
/// queue's own.
/// </summary>
internal sealed class IndexBenchmark(int items)
{
    private const string Uri = "data:image/png;base64,AAAA";
    private static readonly float[] Vector = new float[192];

    public async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellationToken)
    {
        string folder = Directory.CreateTempSubdirectory("vitgrid-index-benchmark-").FullName;
        using ScratchRedis redis = new(folder);
        await using IndexJobService service = await IndexJobService.OpenAsync(redis.Address, NullLogger.Instance);
        string source = Path.Combine(folder, "items.jsonl");
        await File.WriteAllLinesAsync(
            source, Enumerable.Range(0, items).Select(i => $$"""{"id":"image-{{i:00000000}}","uri":"{{Uri}}"}"""), cancellationToken);
        List<string> lines = ["| step | items/s | CPU µs an item | managed memory, peak MiB | process, peak MiB |",
            "|---|---|---|---|---|"];

        IndexJob job = await service.OpenJobAsync("benchmark", new("none", "jsonl:/nowhere/none.jsonl"), [source]);
        lines.Add(await MeasureAsync(
            "submit", () => service.SubmitAsync(job, [source], int.MaxValue, new(_ => { }, _ => { }), cancellationToken)));
        lines.Add(await MeasureAsync("index", () => IndexAsync(redis.Address, service, cancellationToken)));
        Directory.Delete(folder, recursive: true);
        return lines;
    }

    private static async Task IndexAsync(string redis, IndexJobService service, CancellationToken cancellationToken)
    {
        using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        IndexingOptions options = new() { Redis = redis };
        using IndexWorker worker = new(
            options, Grid(options), new(
                new GridMetrics(services.GetRequiredService<IMeterFactory>())), () => "benchmark", NullLoggerFactory.Instance);
        await worker.StartedAsync(cancellationToken);
        JobStatus job = (await service.StatusAsync("benchmark", cancellationToken)).Jobs[0];
        for (; !job.IsOver(); job = (await service.StatusAsync("benchmark", cancellationToken)).Jobs[0])
            await Task.Delay(TimeSpan.FromMilliseconds(250), cancellationToken);
        await worker.StoppingAsync(cancellationToken);
        if (job.Done != job.Total)
            throw new InvalidOperationException($"{job.Done} of {job.Total} items are done; the figures are of something else");
    }

    private static IndexedGrid Grid(IndexingOptions options) => new()
    {
        Name = "benchmark",
        Embed = (_, _) => Task.FromResult(new EmbeddingResult(Vector, false, 1, default)),
        FindModel = _ => Model(),
        ProfileKey = (_, _) => "none",
        Fetch = new ImageFetch(options, new ImageLimits(), new(new(), 0, TimeProvider.System)),
        CreateSink = (_, _) => new NoSink(),
    };

    private static ModelInfo Model()
    {
        ImagePreprocessing preprocessing = new(
            ResizeMode.Squash, 56, 1, ImagePreprocessing.ImageNetMean, ImagePreprocessing.ImageNetStandardDeviation);
        return new()
        {
            Name = "none",
            Directory = "/nowhere",
            State = ModelState.Ready,
            Architecture = new()
            {
                Width = Vector.Length,
                Depth = 4,
                Heads = 4,
                MlpWidth = 4 * Vector.Length,
                PatchSize = 14,
                ImageSize = 56,
                Norm = NormKind.LayerNorm,
                NormEpsilon = 1e-6f,
                QueryKeyNorm = false,
                QueryKeyNormEpsilon = 1e-6f,
                Interpolation = PositionInterpolation.Original,
            },
            InputSize = InputSize.Square(56),
            Profile = PreprocessProfile.Resolve(null, preprocessing),
            Preprocessing = preprocessing,
            Precision = Precision.Fp32,
            Arithmetic = "fp32",
            Fingerprint = "none",
        };
    }

    private async Task<string> MeasureAsync(string step, Func<Task> work)
    {
        GC.Collect();
        long most = 0;
        using Timer sampler = new(
            _ => most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: false)), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(50));
        TimeSpan before = Environment.CpuUsage.TotalTime;
        long began = Stopwatch.GetTimestamp();
        await work();
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        double cpu = (Environment.CpuUsage.TotalTime - before).TotalMicroseconds / items;
        using Process self = Process.GetCurrentProcess();
        return string.Create(CultureInfo.InvariantCulture,
            $"| {step} | {items / seconds:N0} | {cpu:0.0} | {most / 1048576.0:0} | {self.PeakWorkingSet64 / 1048576.0:0} |");
    }

    private sealed class NoSink : IVectorSink
    {
        public Task OpenAsync(SinkSchema schema, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task PrepareAsync(string part, IReadOnlyList<SinkRow> rows, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task CommitAsync(string part, IReadOnlyList<SinkRow> rows, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<bool> TryAbortAsync(string part, CancellationToken cancellationToken) => Task.FromResult(true);

        public Task FinishAsync(SinkSummary summary, CancellationToken cancellationToken) => Task.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
