using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Caching.Recalls;
using VitGrid.Cluster.Hosting;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;
using VitGrid.Model.Encoders;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Faults;
using VitGrid.Runtime.Parity;
using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.Benchmarks.Flips;

/// <summary>
/// Bits of results that turn now and then on one of two devices, and which part of the wrong vectors a second opinion finds that is asked
/// for a part of the images.
/// </summary>
/// <param name="model">Folder of the checkpoint.</param>
/// <param name="folder">Folder of images.</param>
internal sealed class OpinionsBenchmark(string model, string folder)
{
    private const int Places = 4;
    private const double Part = 0.5;

    private readonly byte[][] _images =
        [.. Directory.EnumerateFiles(folder, "*.png").Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    public async Task<OpinionsResult> RunAsync(
        IReadOnlyList<int> perMille, int count, int seed, TextWriter progress, CancellationToken cancellationToken)
    {
        Environment.SetEnvironmentVariable(FaultyBackend.Permission, "1");
        using OpinionTrail healthy = new();
        Answer[] right = await AskAsync(new(), healthy, _images.Length, cancellationToken);
        List<OpinionShare> shares = [];
        foreach (int share in perMille)
        {
            HealthOptions health = new()
            {
                InjectFaults = [Text($"cpu:1 transient part={Part} seed={seed}")],
                SecondOpinionPerMille = share,
                // A device that was found is to go on at once, so that what it computes next is counted as well.
                Probes = false,
                BackoffMilliseconds = 10,
                MaxBackoffMilliseconds = 10,
            };
            using OpinionTrail trail = new();
            Answer[] answers = await AskAsync(health, trail, count, cancellationToken);
            Answer[] wrong = Array.FindAll(
                answers, answer => answer.Vector is { } vector && IsWrong(vector, right[answer.Image].Vector!));
            int alone = wrong.Count(answer => trail.IsAlone(answer.Request));
            shares.Add(new(share / 1_000.0, count)
            {
                Asked = trail.Asked,
                Found = trail.Found,
                Missed = wrong.Length - alone,
                Alone = alone,
                Refused = answers.Count(answer => answer.Vector is null),
                NotDecided = trail.NotDecided,
            });
            await progress.WriteLineAsync(shares[^1].Line().AsMemory(), cancellationToken);
        }
        return new(Describe(count, seed), shares);
    }

    private static string Describe(int count, int seed) => Text(
        $"{count} images a row, {Places} at a time, one in a batch, by two devices; of one, {100 * Part:0} % of the results have a turned "
            + $"bit (seed {seed}), drawn anew over positions and the 32 bits; wrong: class token or mean, as a unit vector, more than "
            + $"{UnitDistance.Exact:0.###} away");

    private static bool IsWrong(float[] vector, float[] right) =>
        !(UnitDistance.Between(vector, right, right.Length / 2) <= UnitDistance.Exact);

    private async Task<Answer[]> AskAsync(HealthOptions health, OpinionTrail trail, int count, CancellationToken cancellationToken)
    {
        GridOptions options = new()
        {
            Models = [new() { Name = LocalGrid.ModelName, Directory = model }],
            Devices = [.. Enumerable.Range(0, 2).Select(i => ExecutionBackends.Processor with { Ordinal = i })],
            Batching = new() { MaxBatchSize = 1 },
            Health = health,
        };
        using IHost grid = await LocalGrid.StartAsync(options, builder => Configure(builder, trail), cancellationToken);
        Embedder embedder = grid.Services.GetRequiredService<Embedder>();
        using SemaphoreSlim places = new(Places);
        Answer[] answers = await Task.WhenAll(Enumerable.Range(0, count).Select(async i =>
        {
            await places.WaitAsync(cancellationToken);
            try
            {
                return await AskAsync(embedder, i, cancellationToken);
            }
            finally
            {
                places.Release();
            }
        }));
        await grid.StopAsync(cancellationToken);
        return answers;
    }

    private static void Configure(HostApplicationBuilder builder, OpinionTrail trail)
    {
        builder.Logging.ClearProviders().AddProvider(trail).SetMinimumLevel(LogLevel.Debug);
        // What a device has computed is not answered for some seconds around the moment at which it is found: here its next wrong vector is
        // to have the same chance as its first.
        builder.Services.Remove(builder.Services.Single(service => service.ImplementationType == typeof(Activated<RecallFeed>)));
    }

    private async Task<Answer> AskAsync(Embedder embedder, int number, CancellationToken cancellationToken)
    {
        int image = number % _images.Length;
        string request = Text($"opinion-{number}");
        try
        {
            EmbeddingResult result = await embedder.EmbedAsync(
                new()
                {
                    Model = LocalGrid.ModelName,
                    Image = _images[image],
                    Cache = CacheUse.Bypass,
                    Pooling = Pooling.ClsMean,
                    RequestId = request,
                },
                cancellationToken);
            return new(request, image, result.Vector.ToArray());
        }
        catch (GridException)
        {
            return new(request, image, null);
        }
    }

    /// <summary>What came of an image: no vector where it was refused.</summary>
    private sealed record Answer(string Request, int Image, float[]? Vector);
}

/// <summary>What a share of second opinions found.</summary>
/// <param name="Share">Images for which one is asked, as a part.</param>
/// <param name="Images">Images sent.</param>
internal sealed record OpinionShare(double Share, int Images)
{
    // Of a normal distribution 99 % lie as many deviations from its middle, or less.
    private const double Deviations = 2.576;
    private const double Rounding = 1e-9;

    /// <summary>Images that two devices computed.</summary>
    public required int Asked { get; init; }

    /// <summary>Wrong vectors that were found, and not answered.</summary>
    public required int Found { get; init; }

    /// <summary>Wrong vectors that were answered.</summary>
    public required int Missed { get; init; }

    /// <summary>Wrong vectors that were answered besides, since no other replica was there to be asked in that moment.</summary>
    public required int Alone { get; init; }

    /// <summary>Images without an answer.</summary>
    public required int Refused { get; init; }

    /// <summary>Those of them of which nobody knew which vector is right.</summary>
    public required int NotDecided { get; init; }

    /// <summary>Between what lies the share of which this many were found, with 99 % certainty (Wilson's interval).</summary>
    public (double Low, double High) Interval()
    {
        double all = Found + Missed, square = Deviations * Deviations;
        if (all == 0)
            return (0, 1);
        double part = Found / all, middle = part + (square / (2 * all));
        double half = Deviations * Math.Sqrt((part * (1 - part) / all) + (square / (4 * all * all)));
        return ((middle - half) / (1 + (square / all)), (middle + half) / (1 + (square / all)));
    }

    /// <summary>Whether the share may be the one that was asked.</summary>
    public bool IsAsAsked => Interval() is var (low, high) && Share >= low - Rounding && Share <= high + Rounding && Found + Missed > 0;

    public string Line()
    {
        (double low, double high) = Interval();
        return Text($"asked for {100 * Share:0.#} %: asked about {100.0 * Asked / Images:0.0} % of the images; of {Found + Missed} wrong "
            + $"vectors {Found} found, {Missed} answered: {100.0 * Found / Math.Max(1, Found + Missed):0.0} % found (99 % interval "
            + $"{100 * low:0.0} to {100 * high:0.0} %{(IsAsAsked ? "" : ": NOT AS ASKED")}); {Alone} more "
            + $"answered since no other replica was there; {Refused} images refused, {NotDecided} of them undecided");
    }
}

/// <summary>What all shares found.</summary>
/// <param name="Model">What was run.</param>
/// <param name="Shares">One row each.</param>
internal sealed record OpinionsResult(string Model, IReadOnlyList<OpinionShare> Shares)
{
    /// <summary>Whether every share found what it was asked for.</summary>
    public bool Passed => Shares.Count > 0 && Shares.All(share => share.IsAsAsked);

    public IEnumerable<string> Lines() => [Model, .. Shares.Select(share => share.Line()), Passed ? "PASSED" : "FAILED"];
}
