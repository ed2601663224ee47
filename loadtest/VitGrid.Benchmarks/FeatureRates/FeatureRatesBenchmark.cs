using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Hosting;
using VitGrid.Engine.FeatureRequests;
using VitGrid.Engine.Features;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;
using VitGrid.LoadTest.Images;
using VitGrid.Runtime.Execution;
using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.Benchmarks.FeatureRates;

/// <summary>
/// Images a second through a grid in this process, from file to vector, and from file to vector and hidden states, which are read and
/// given back: taking turns in one run.
/// </summary>
/// <param name="model">Folder of the checkpoint.</param>
/// <param name="fields">What is given out.</param>
/// <param name="deviceRate">Images a second of a device that only takes time; null: the model is computed.</param>
/// <param name="ahead">Images asked for at once.</param>
internal sealed class FeatureRatesBenchmark(string model, string fields, double? deviceRate, int ahead)
{
    private readonly ImageSet _images = ImageSet.OfEqualSize(ImageKind.ParseMix("jpeg:640x480")[0], 100_000, seed: 1);

    public async Task<IReadOnlyList<string>> RunAsync(
        int rounds, TimeSpan turn, TextWriter progress, CancellationToken cancellationToken)
    {
        using IHost host = await StartAsync(cancellationToken);
        ModelInfo info = host.Services.GetRequiredService<ModelCatalog>().Find(LocalGrid.ModelName)!;
        FeaturePlan plan = FeaturePlan.Make(FeatureText.Parse(fields), info, images: 1, new());
        Embedder embedder = host.Services.GetRequiredService<Embedder>();
        List<(double Vectors, double Features)> rates = [];
        for (int round = 0; round <= rounds; round++)
        {
            (double Vectors, double Features) rate = (
                await RateAsync(embedder, null, turn, cancellationToken), await RateAsync(embedder, plan, turn, cancellationToken));
            await progress.WriteLineAsync(Text($"round {round} of {rounds}: {rate.Vectors:0.0}/s vectors, {rate.Features:0.0}/s features"));
            // The first round warms all up, loads the graph of features, and is not counted.
            if (round > 0)
                rates.Add(rate);
        }
        await host.StopAsync(cancellationToken);
        double features = Ratios.Median(rates.Select(rate => rate.Features));
        return
        [
            Text($"{Path.GetFileName(model)}, {fields}: {plan.ImageBytes:N0} bytes an image; {Device}; {ahead} images at once, {rounds} "
                + $"rounds of {turn.TotalSeconds:0.#} s"),
            Text($"vectors alone    {Ratios.Median(rates.Select(rate => rate.Vectors)),8:0.0} images/s"),
            Text($"with features    {features,8:0.0} images/s, {features * plan.ImageBytes / 1e6:0.0} MB/s"),
            Text($"ratio            {Ratios.Text([.. rates.Select(rate => rate.Features / rate.Vectors)])}"),
        ];
    }

    private string Device => deviceRate is { } rate ? Text($"a device of {rate:0} images/s that only takes time") : "cpu:0";

    private async Task<IHost> StartAsync(CancellationToken cancellationToken)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        if (deviceRate is { } rate)
            builder.Services.AddSingleton(TimedSegment.Loader(TimeSpan.FromSeconds(1 / rate)));
        builder.AddVitGrid(new GridOptions
        {
            Models = [new ModelOptions { Name = LocalGrid.ModelName, Directory = model }],
            Devices = [ExecutionBackends.Processor],
            // What only takes time computes a known image wrong.
            Health = new() { Probes = deviceRate is null },
        });
        IHost host = builder.Build();
        await host.StartAsync(cancellationToken);
        await host.Services.GetRequiredService<ModelCatalog>().WhenLoadedAsync(cancellationToken);
        return host;
    }

    private async Task<double> RateAsync(Embedder embedder, FeaturePlan? plan, TimeSpan turn, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        int answered = 0, next = 0;
        await Task.WhenAll(Enumerable.Range(0, ahead).Select(_ => Task.Run(AskAsync, cancellationToken)));
        return answered / Stopwatch.GetElapsedTime(began).TotalSeconds;

        async Task AskAsync()
        {
            while (Stopwatch.GetElapsedTime(began) < turn)
            {
                EmbeddingResult result = await embedder.EmbedAsync(
                    Request(Interlocked.Increment(ref next), plan?.Order), cancellationToken);
                using FeatureSet? features = result.Features;
                Interlocked.Increment(ref answered);
            }
        }
    }

    private EmbeddingRequest Request(int number, FeatureOrder? features) => new()
    {
        Model = LocalGrid.ModelName,
        Image = _images.Images[number % _images.Images.Count].File,
        Cache = CacheUse.Bypass,
        Features = features,
    };
}
