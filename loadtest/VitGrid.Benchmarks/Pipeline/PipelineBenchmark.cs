using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Hosting;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Requests;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;
using VitGrid.Runtime.Images.Decoding;
using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.Benchmarks.Pipeline;

/// <summary>What is asked of the benchmark.</summary>
/// <param name="StageTime">Time a stage takes for a batch.</param>
/// <param name="Batch">Images in a batch.</param>
/// <param name="Seconds">Length of the measurement.</param>
internal sealed record PipelineQuestion(TimeSpan StageTime, int Batch, int Seconds);

/// <summary>
/// One replica as S stages in S worker processes, each taking a fixed time for a batch, fed by a front end with as many images as it
/// takes. How busy each stage is, and how many Orleans messages an image costs.
/// </summary>
internal sealed class PipelineBenchmark(PipelineQuestion question, TextWriter progress)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(4);
    private long _answered;
    private long _messages;

    public async Task<IReadOnlyList<string>> RunAsync(IEnumerable<int> stageCounts, CancellationToken cancellationToken)
    {
        List<string> lines =
        [
            Text($"stages of {question.StageTime.TotalMilliseconds} ms a batch of {question.Batch}, hidden states of "
                + $"{question.Batch * 1025 * 1024 * 4 / 1e6:0.0} MB a hop, {question.Seconds} s"),
            "| stages | images/s | of the ideal | busiest | least busy | Orleans messages/s, idle | loaded | an image beyond idle | CPU "
                + $"cores in use |",
            "|---|---|---|---|---|---|---|---|---|",
        ];
        foreach (int stages in stageCounts)
        {
            await progress.WriteLineAsync($"{stages} stages");
            lines.Add(await MeasureAsync(stages, cancellationToken));
        }
        return lines;
    }

    private async Task<string> MeasureAsync(int stages, CancellationToken cancellationToken)
    {
        string folder = Directory.CreateTempSubdirectory("vitgrid-pipeline-").FullName;
        using ScratchRedis redis = new(folder);
        string model = Path.Combine(folder, "model");
        RandomCheckpoint.Write(Shape(stages), model, 1, TensorType.F32, cancellationToken: cancellationToken);
        List<NodeProcess> nodes = [];
        try
        {
            nodes.AddRange(Enumerable.Range(0, stages).Select(
                _ => new NodeProcess(PipelineCommand.NodeArguments(redis.Address, model, stages, question))));
            using IHost frontEnd = await StartApiAsync(redis.Address, cancellationToken);
            return await LoadAsync(frontEnd.Services.GetRequiredService<Embedder>(), nodes, stages, cancellationToken);
        }
        finally
        {
            nodes.ForEach(node => node.Dispose());
            redis.Dispose();
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<string> LoadAsync(Embedder embedder, List<NodeProcess> nodes, int stages, CancellationToken cancellationToken)
    {
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await WaitForOneStageEachAsync(nodes, cancellationToken);
        await Task.Delay(WarmUp, cancellationToken);
        Window idle = await ObserveAsync(nodes, cancellationToken);
        Task[] callers = [.. Enumerable.Range(0, 4 * stages * question.Batch).Select(i => CallAsync(embedder, (byte)i, over.Token))];
        await Task.Delay(WarmUp, cancellationToken);
        Window loaded = await ObserveAsync(nodes, cancellationToken);
        await over.CancelAsync();
        await Task.WhenAll(callers);
        double ideal = question.Batch / question.StageTime.TotalSeconds;
        return Text($"| {stages} | {loaded.Images:0.0} | {loaded.Images / ideal:0.000} | {loaded.Busy.Max():0.000} | "
            + $"{loaded.Busy.Min():0.000} | {idle.Messages:0.0} | {loaded.Messages:0.0} | "
            + $"{(loaded.Messages - idle.Messages) / loaded.Images:0.000} | {loaded.Cores:0.00} |");
    }

    /// <summary>
    /// What happened in a window, a second: images answered, Orleans messages of all processes, processor time of the workers, and how
    /// busy each was.
    /// </summary>
    private sealed record Window(double Images, double Messages, double Cores, double[] Busy);

    private async Task<Window> ObserveAsync(List<NodeProcess> nodes, CancellationToken cancellationToken)
    {
        (NodeReading[] before, long answered, long messages, long began) =
            ([.. nodes.Select(node => node.Newest)], Interlocked.Read(ref _answered), Interlocked.Read(
                ref _messages), Stopwatch.GetTimestamp());
        await Task.Delay(TimeSpan.FromSeconds(question.Seconds), cancellationToken);
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        (NodeReading After, NodeReading Before)[] pairs = [.. nodes.Select(node => node.Newest).Zip(before)];
        return new(
            (Interlocked.Read(ref _answered) - answered) / seconds,
            pairs.Sum(pair => Rate(pair, reading => reading.Messages)) + ((Interlocked.Read(ref _messages) - messages) / seconds),
            pairs.Sum(pair => Rate(pair, reading => reading.CpuSeconds)),
            [.. pairs.Select(pair => Rate(pair, reading => reading.Busy.Values.Sum()))]);
    }

    private static double Rate((NodeReading After, NodeReading Before) pair, Func<NodeReading, double> counter) =>
        (counter(pair.After) - counter(pair.Before)) / (pair.After.At - pair.Before.At);

    private async Task CallAsync(Embedder embedder, byte seed, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            try
            {
                await embedder.EmbedAsync(
                    new() { Model = "model", Image = new[] { seed }, Cache = CacheUse.Bypass, Timeout = TimeSpan.FromMinutes(10) }, over);
                Interlocked.Increment(ref _answered);
            }
            catch (GridException exception) when (exception.Fault is GridFault.ModelNotFound or GridFault.ModelLoading)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), CancellationToken.None);
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private static async Task WaitForOneStageEachAsync(List<NodeProcess> nodes, CancellationToken cancellationToken)
    {
        while (nodes.Any(node => node.Newest.Busy.Count != 1))
        {
            nodes.ForEach(node => node.Ensure());
            await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
        }
    }

    private async Task<IHost> StartApiAsync(string redis, CancellationToken cancellationToken)
    {
        MeterListener listener = StageNode.Count(() => Interlocked.Increment(ref _messages));
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(listener);
        builder.Services.AddSingleton<IImageDecoder>(new FilledImages());
        builder.AddVitGridFrontEnd(new() { Models = [], Devices = [], Cluster = new() { Redis = redis } });
        IHost host = builder.Build();
        await host.StartAsync(cancellationToken);
        return host;
    }

    /// <summary>As small as it can be: nothing of it is computed.</summary>
    private static EncoderArchitecture Shape(int depth) => new()
    {
        Width = 64,
        Depth = depth,
        Heads = 1,
        MlpWidth = 64,
        PatchSize = 14,
        ImageSize = 448,
        Norm = NormKind.LayerNorm,
        NormEpsilon = 1e-6f,
        QueryKeyNorm = false,
        QueryKeyNormEpsilon = 1e-6f,
        Interpolation = PositionInterpolation.Original,
    };
}
