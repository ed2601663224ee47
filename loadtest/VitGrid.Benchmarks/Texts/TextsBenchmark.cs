using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Hosting;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Texts;
using VitGrid.LoadTest.Images;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Sessions;
using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.Benchmarks.Texts;

/// <summary>
/// A text tower in a grid of one process, and in a server over HTTP, beside its sessions with nothing around them: the same texts of drawn
/// tokens, of one length, in batches of one size, on every core, in turns. Then both towers of the model at once.
/// </summary>
internal sealed class TextsBenchmark(
    string model, string server, int? tokens, int count, int rounds, TimeSpan together, TextWriter progress)
{
    public async Task<IReadOnlyList<string>> RunAsync(int[] batches, CancellationToken cancellationToken)
    {
        using Checkpoint checkpoint = Checkpoint.Open(model);
        Checkpoint tower = checkpoint.TextTower ?? throw new ArgumentException($"{model} has no text tower: {checkpoint.TextFault}");
        int context = tower.Architecture.ContextLength;
        string name = Path.GetFileName(model);
        List<string> lines = [Text($"{name}: texts of {LengthOf(tower)} of {context} tokens, {count} a turn, {rounds} rounds, cpu:0")];
        foreach (int batch in batches)
            lines.Add(await BesideBareAsync(tower, batch, cancellationToken));
        if (!checkpoint.TakesTexts)
            lines.AddRange(await TogetherAsync(tower, cancellationToken));
        return lines;
    }

    private async Task<string> BesideBareAsync(Checkpoint tower, int batch, CancellationToken cancellationToken)
    {
        using IHost grid = await StartAsync(
            new() { MaxBatchSize = batch, MaxBatchGigaflop = 1_000_000 }, cancellationToken);
        ModelInfo served = grid.Services.GetRequiredService<ModelCatalog>().Models[0];
        Embedder embedder = grid.Services.GetRequiredService<Embedder>();
        using ISegmentSession session = ExecutionBackends.Processor.Backend.Load(tower, new()
        {
            Blocks = new(0, tower.Architecture.Depth),
            InputSize = InputSize.OfText(tower.Architecture.ContextLength),
            Device = ExecutionBackends.Processor,
        });
        int[][] texts = Draw(tower);
        ReadOnlyMemory<byte>[] ids = [.. texts.Select(text => (ReadOnlyMemory<byte>)MemoryMarshal.AsBytes<int>(text).ToArray())];
        TokenIds[] accepted = [.. texts.Select(text => TextTokenizers.Accept(served, text))];
        using HttpTexts http = await HttpTexts.StartAsync(server, model, batch, cancellationToken);
        Func<Task>[] ways =
        [
            () => Task.Run(() => RunBare(session, ids, batch), cancellationToken),
            () => RunGridAsync(embedder, accepted, batch, cancellationToken),
            () => http.RunAsync(texts, batch, cancellationToken),
        ];
        List<double[]> seconds = [];
        for (int round = 0; round <= rounds; round++)
        {
            double[] took = await TakeTurnsAsync(ways, round);
            await progress.WriteLineAsync(
                Text($"batches of {batch}, round {round}: bare {took[0]:0.00} s, in process {took[1]:0.00} s, over HTTP {took[2]:0.00} s"));
            if (round > 0)
                seconds.Add(took);
        }
        await grid.StopAsync(cancellationToken);
        return Text($"batches of {batch,3}: bare {Rate(seconds, 0):0.00} texts/s, in process {Rate(seconds, 1):0.00}, beside bare ")
            + Beside(seconds, 1) + Text($"; over HTTP {Rate(seconds, 2):0.00}, beside bare ") + Beside(seconds, 2);
    }

    /// <summary>Seconds of each way; another is first each round.</summary>
    private static async Task<double[]> TakeTurnsAsync(Func<Task>[] ways, int round)
    {
        double[] seconds = new double[ways.Length];
        for (int turn = 0; turn < ways.Length; turn++)
        {
            int way = (turn + round) % ways.Length;
            seconds[way] = await TimeAsync(ways[way]);
        }
        return seconds;
    }

    private double Rate(List<double[]> seconds, int way) => count / Ratios.Median(seconds.Select(round => round[way]));

    private static string Beside(List<double[]> seconds, int way) => Ratios.Text([.. seconds.Select(round => round[0] / round[way])]);

    /// <summary>Images without end, then texts without end, then both: what each gets of a device that both want.</summary>
    private async Task<IReadOnlyList<string>> TogetherAsync(Checkpoint tower, CancellationToken cancellationToken)
    {
        using IHost grid = await StartAsync(new(), cancellationToken);
        ModelInfo served = grid.Services.GetRequiredService<ModelCatalog>().Models[0];
        Embedder embedder = grid.Services.GetRequiredService<Embedder>();
        TokenIds[] texts = [.. Draw(tower).Select(text => TextTokenizers.Accept(served, text))];
        ImageSet images = ImageSet.Draw(ImageKind.ParseMix("jpeg:640x480"), seed: 1);
        int next = 0;
        EmbeddingRequest request = new() { Model = served.Name, Cache = CacheUse.Bypass };
        Task Image(CancellationToken token) => EmbedAsync(
            embedder, request with { Image = images.Images[0].Stamped(Interlocked.Increment(ref next)) }, token);
        Task OneText(CancellationToken token) => EmbedAsync(
            embedder, request with { Text = texts[Interlocked.Increment(ref next) % texts.Length] }, token);
        LoadFigures imagesAlone = await LoadFigures.MeasureAsync([Image], together, cancellationToken);
        LoadFigures textsAlone = await LoadFigures.MeasureAsync([OneText], together, cancellationToken);
        LoadFigures both = await LoadFigures.MeasureAsync([Image, OneText], together, cancellationToken);
        await grid.StopAsync(cancellationToken);
        return
        [
            "eight callers of each kind, each sending the next when it has its answer, batches as by default: alone, and both at once",
            Text($"images: alone {imagesAlone.Rates[0]:0.00}/s, p95 {imagesAlone.P95[0]:0} ms; beside texts {both.Rates[0]:0.00}/s, p95 "
                + $"{both.P95[0]:0} ms"),
            Text($"texts:  alone {textsAlone.Rates[0]:0.00}/s, p95 {textsAlone.P95[0]:0} ms; beside images {both.Rates[1]:0.00}/s, p95 "
                + $"{both.P95[1]:0} ms"),
        ];
    }

    private async Task<IHost> StartAsync(BatchingOptions batching, CancellationToken cancellationToken)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.AddVitGrid(new GridOptions
        {
            Models = [new ModelOptions { Name = LocalGrid.ModelName, Directory = model }],
            Batching = batching,
        });
        IHost host = builder.Build();
        await host.StartAsync(cancellationToken);
        await host.Services.GetRequiredService<ModelCatalog>().WhenLoadedAsync(cancellationToken);
        return host;
    }

    private int[][] Draw(Checkpoint tower)
    {
        Random random = new(1);
        int end = tower.Architecture.VocabularySize - 1;
        return [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(1, tower.Architecture.ContextLength).Select(
            place => place >= LengthOf(tower) ? end : random.Next(end)).ToArray())];
    }

    private int LengthOf(Checkpoint tower) => Math.Min(tokens ?? int.MaxValue, tower.Architecture.ContextLength);

    private static void RunBare(ISegmentSession session, ReadOnlyMemory<byte>[] texts, int batch)
    {
        foreach (ReadOnlyMemory<byte>[] part in texts.Chunk(batch))
            session.RunPixels(part).Dispose();
    }

    private static async Task RunGridAsync(Embedder embedder, TokenIds[] texts, int batch, CancellationToken cancellationToken)
    {
        foreach (TokenIds[] part in texts.Chunk(batch))
        {
            await Task.WhenAll(part.Select(text => EmbedAsync(
                embedder, new() { Model = LocalGrid.ModelName, Text = text, Cache = CacheUse.Bypass }, cancellationToken)));
        }
    }

    private static Task<EmbeddingResult> EmbedAsync(Embedder embedder, EmbeddingRequest request, CancellationToken cancellationToken) =>
        embedder.EmbedAsync(request with { Timeout = TimeSpan.FromHours(1) }, cancellationToken);

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        long begun = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }
}
