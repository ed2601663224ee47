using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Requests;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Devices;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;
using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.Benchmarks;

/// <summary>
/// What the grid costs beside the model: images through decode, batcher, pipeline and segments, against a loop that feeds
/// pixels decoded beforehand to the same segments with nothing in between. The two take turns, so that a noisy machine
/// disturbs both.
/// </summary>
internal sealed class SegmentsBenchmark(string model, string folder, int segments, int count)
{
    private static readonly string[] Images = [".png", ".jpg", ".webp", ".gif", ".tif", ".bmp"];

    private readonly byte[][] _files =
    [
        .. Directory.EnumerateFiles(folder)
            .Where(file => Images.Contains(Path.GetExtension(file)))
            .Order(StringComparer.Ordinal)
            .Take(count)
            .Select(File.ReadAllBytes),
    ];

    public async Task<IReadOnlyList<string>> RunAsync(int rounds, TextWriter progress, CancellationToken cancellationToken)
    {
        using Checkpoint checkpoint = Checkpoint.Open(model);
        DeviceSpec[] devices = [.. Enumerable.Range(0, segments).Select(i => ExecutionBackends.Processor with { Ordinal = i })];
        using IHost grid = await LocalGrid.StartAsync(model, Precision.Fp32, devices, segments, cancellationToken);
        using BareLoop loop = new(checkpoint, segments, Precision.Fp32);
        ReadOnlyMemory<byte>[] pixels = Decode(PreprocessProfile.Resolve(null, checkpoint.Preprocessing));

        List<(double Bare, double Grid)> turns = [];
        for (int round = 0; round <= rounds; round++)
        {
            double bare = Seconds(() => loop.Run(pixels));
            double whole = await SecondsAsync(() => EmbedAllAsync(grid.Services.GetRequiredService<Embedder>(), cancellationToken));
            // The first turn warms both up and is not counted.
            if (round > 0)
                turns.Add((bare, whole));
            await progress.WriteLineAsync(
                string.Create(CultureInfo.InvariantCulture, $"turn {round} of {rounds}: bare {bare:F2} s, grid {whole:F2} s"));
        }
        await grid.StopAsync(cancellationToken);
        return [.. Lines(turns)];
    }

    private IEnumerable<string> Lines(List<(double Bare, double Grid)> turns)
    {
        double bare = turns.Sum(turn => turn.Bare) / turns.Count / _files.Length;
        double grid = turns.Sum(turn => turn.Grid) / turns.Count / _files.Length;
        yield return Text($"{Path.GetFileName(Path.TrimEndingDirectorySeparator(model))}, fp32, {segments} segment(s), {_files.Length} "
            + $"images a turn, {turns.Count} turns");
        yield return Text($"bare ONNX Runtime loop   {bare:F4} s an image");
        yield return Text($"VitGrid in process       {grid:F4} s an image, decoding included");
        yield return Text($"ratio                    {bare / grid:F3}   (each turn: "
            + $"{string.Join(", ", turns.Select(turn => (turn.Bare / turn.Grid).ToString("F3", CultureInfo.InvariantCulture)))})");
        yield return Text($"peak memory              {HostMachine.PeakMemoryBytes() >> 20} MiB, both ways loaded");
    }

    private ReadOnlyMemory<byte>[] Decode(PreprocessProfile profile)
    {
        ImagePreprocessor preprocessor = new(new ImageLimits());
        return [.. _files.Select(file =>
        {
            byte[] pixels = new byte[profile.Size.PixelBytes];
            preprocessor.Process(file, profile, pixels);
            return (ReadOnlyMemory<byte>)pixels;
        })];
    }

    private Task<EmbeddingResult[]> EmbedAllAsync(Embedder embedder, CancellationToken cancellationToken) =>
        Task.WhenAll(_files.Select(file =>
        embedder.EmbedAsync(new EmbeddingRequest { Model = LocalGrid.ModelName, Image = file, Cache = CacheUse.Bypass,
            Timeout = TimeSpan.FromHours(1) }, cancellationToken)));

    private static double Seconds(Action action)
    {
        long begun = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }

    private static async Task<double> SecondsAsync(Func<Task<EmbeddingResult[]>> action)
    {
        long begun = Stopwatch.GetTimestamp();
        await action();
        return Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }
}
