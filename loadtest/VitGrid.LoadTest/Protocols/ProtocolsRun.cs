using System.Diagnostics;
using System.Globalization;
using Grpc.Net.Client;
using VitGrid.LoadTest.Images;
using VitGrid.LoadTest.Processes;

namespace VitGrid.LoadTest.Protocols;

/// <summary>Measures protocols at one server. They take turns, so that what the machine does meanwhile meets all of them.</summary>
internal sealed class ProtocolsRun(ProtocolsOptions options, TextWriter progress)
{
    private const string Model = "internvit-nano";

    /// <summary>KServe's gRPC is to carry this part of what OpenAI's way carries.</summary>
    private const double Wanted = 0.95;

    private readonly byte[][] _images = [.. ImageSet.Draw(ImageKind.ParseMix("jpeg:640x480"), seed: 1).Images.Select(image => image.File)];

    /// <summary>Runs it; the lines are the report.</summary>
    public async Task<(IReadOnlyList<string> Lines, bool Holds)> RunAsync(CancellationToken cancellationToken)
    {
        string grpc = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Ports.Take(1)[0]}");
        using ServerProcess server = await ServerProcess.StartReadyAsync(
            options.Server, ["--grpc-url", grpc, .. options.Arguments], cancellationToken);
        using HttpClient http = new() { BaseAddress = server.Address };
        using GrpcChannel channel = GrpcChannel.ForAddress(grpc);
        IProtocolWay[] ways = [new OpenAiWay(http), new KServeHttpWay(http, Model), new KServeGrpcWay(channel, Model)];
        await CompareAsync(ways, cancellationToken);
        List<double>[] rates = [.. ways.Select(_ => new List<double>())];
        // The first round is for compilers and pools, and counts for none.
        for (int round = 0; round <= options.Rounds; round++)
        {
            for (int turn = 0; turn < ways.Length; turn++)
            {
                int way = (round + turn) % ways.Length;
                double rate = await RateAsync(ways[way], cancellationToken);
                await progress.WriteLineAsync(
                    string.Create(CultureInfo.InvariantCulture, $"round {round}: {ways[way].Name}: {rate:0.0}"));
                if (round > 0)
                    rates[way].Add(rate);
            }
        }
        return Report(ways, rates);
    }

    private (IReadOnlyList<string> Lines, bool Holds) Report(IProtocolWay[] ways, List<double>[] rates)
    {
        double[] parts = [.. rates.Select(own => Median([.. own.Zip(rates[0], (rate, first) => rate / first)]))];
        bool holds = parts[^1] >= Wanted;
        return (
            [
                $"{options.Clients} clients, one image at a time, raw JPEG 640x480, no cache; medians of {options.Rounds} rounds, parts "
                    + "those of the rounds' own quotients. All ways gave equal vectors for each image.",
                "",
                "| way | images/s | lowest | highest | part of the first |",
                "|---|---|---|---|---|",
                .. ways.Select((way, i) => string.Create(CultureInfo.InvariantCulture,
                    $"| {way.Name} | {Median(rates[i]):0.0} | {rates[i].Min():0.0} | {rates[i].Max():0.0} | {parts[i]:0.000} |")),
                "",
                string.Create(CultureInfo.InvariantCulture,
                    $"{ways[^1].Name} carries {parts[^1]:0.000} of {ways[0].Name} (wanted: {Wanted}): ")
                    + (holds ? "holds" : "DOES NOT HOLD"),
            ], holds);
    }

    private async Task CompareAsync(IProtocolWay[] ways, CancellationToken cancellationToken)
    {
        foreach (byte[] image in _images)
        {
            float[] first = await ways[0].EmbedAsync(image, cancellationToken);
            foreach (IProtocolWay way in ways)
            {
                float[] other = await way.EmbedAsync(image, cancellationToken);
                if (!first.AsSpan().SequenceEqual(other))
                    throw new InvalidOperationException($"{way.Name} gives another vector than {ways[0].Name}");
            }
        }
    }

    private async Task<double> RateAsync(IProtocolWay way, CancellationToken cancellationToken)
    {
        long answered = 0, begun = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, options.Clients).Select(client => Task.Run(
            async () =>
            {
                for (int sent = client; Stopwatch.GetElapsedTime(begun) < options.Turn; sent++)
                {
                    _ = await way.EmbedAsync(_images[sent % _images.Length], cancellationToken);
                    Interlocked.Increment(ref answered);
                }
            },
            cancellationToken)));
        return answered / Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }

    private static double Median(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2] + sorted[(sorted.Length / 2) - 1]) / 2;
    }
}
