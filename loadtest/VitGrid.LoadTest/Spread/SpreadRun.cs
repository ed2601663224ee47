using System.Diagnostics;
using System.Globalization;
using VitGrid.Client;
using VitGrid.LoadTest.Failures;
using VitGrid.LoadTest.Processes;
using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.LoadTest.Spread;

/// <summary>
/// One image through a model that is cut into segments, once in one process that runs them one after another and once in as many worker
/// processes as segments: the same vector bit for bit, and what each process needs for it.
/// </summary>
internal sealed class SpreadRun(SpreadOptions options, TextWriter progress)
{
    private const int TimeoutMilliseconds = 3_600_000;
    private static readonly TimeSpan LoadingLimit = TimeSpan.FromMinutes(30);

    private readonly byte[] _image = File.ReadAllBytes(options.Image);

    /// <summary>The lines of the report, and whether the vectors are the same.</summary>
    public async Task<(IReadOnlyList<string> Lines, bool Same)> RunAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(options.Logs);
        List<string> lines = [Text(
            $"{Path.GetFileName(Path.TrimEndingDirectorySeparator(options.Model))}, {options.Precision}, {options.Workers} segments, "
                + $"one image ({Path.GetFileName(options.Image)})"), ""];
        lines.AddRange(["| process | seconds an image, first and second | own memory, GB | mapped weights, GB | peak, GB | bytes received "
            + "over the data plane, an image |", "|---|---|---|---|---|---|"]);
        float[] alone = await AloneAsync(lines, cancellationToken);
        float[] spread = await SpreadAsync(lines, cancellationToken);
        int different = alone.Zip(spread).Count(
            pair => BitConverter.SingleToInt32Bits(pair.First) != BitConverter.SingleToInt32Bits(pair.Second));
        bool same = alone.Length == spread.Length && different == 0;
        lines.AddRange(["", same ? Text($"the two vectors of {alone.Length} numbers are equal bit for bit") : Text(
            $"{different} of {alone.Length} numbers differ")]);
        return (lines, same);
    }

    private async Task<float[]> AloneAsync(List<string> lines, CancellationToken cancellationToken)
    {
        using ServerProcess server = ServerProcess.Start(
            options.Server, Ports.Take(1)[0], ModelArguments(), Path.Combine(options.Logs, "alone.log"));
        await server.WaitUntilReadyAsync(cancellationToken, LoadingLimit);
        (float[] vector, double first, double second) = await EmbedTwiceAsync(server, cancellationToken);
        lines.Add(Text($"| one, all segments | {first:0.0}, {second:0.0} | {ProcessMemory.From(server.Process.Id)} | – |"));
        return vector;
    }

    private async Task<float[]> SpreadAsync(List<string> lines, CancellationToken cancellationToken)
    {
        using RedisProcess redis = await RedisProcess.StartAsync(Ports.Take(1)[0], Path.Combine(options.Logs, "redis"), cancellationToken);
        string[] shared = ["--redis", redis.Address, "--VitGrid:Cluster:Id=spread",
            $"--VitGrid:Cluster:BatchMilliseconds={TimeoutMilliseconds}"];
        List<SpreadWorker> workers = [];
        try
        {
            for (int i = 0; i < options.Workers; i++)
                workers.Add(new($"worker-{i + 1}", options, [.. shared, .. ModelArguments()]));
            using ServerProcess api = ServerProcess.Start(
                options.Server, Ports.Take(1)[0], ["--role", "api", .. shared], Path.Combine(options.Logs, "api.log"));
            await api.WaitUntilReadyAsync(cancellationToken, LoadingLimit);
            IReadOnlyList<int> order = await WaitForOneSegmentEachAsync(shared, cancellationToken);
            long[] before = [.. workers.Select(worker => worker.BytesReceived)];
            (float[] vector, double first, double second) = await EmbedTwiceAsync(api, cancellationToken);
            lines.Add(Text($"| front end | {first:0.0}, {second:0.0} | {ProcessMemory.From(api.Process.Id)} | – |"));
            foreach ((int process, int segment) in order.Select((process, segment) => (process, segment)))
            {
                int i = workers.FindIndex(worker => worker.Server.Process.Id == process);
                lines.Add(Text($"| worker with segment {segment} | | {ProcessMemory.From(process)} | "
                    + $"{(workers[i].BytesReceived - before[i]) / 2:N0} |"));
            }
            return vector;
        }
        finally
        {
            workers.ForEach(worker => worker.Dispose());
        }
    }

    /// <summary>Process ids in the order of the segments, once each worker serves one.</summary>
    private async Task<IReadOnlyList<int>> WaitForOneSegmentEachAsync(string[] shared, CancellationToken cancellationToken)
    {
        while (true)
        {
            GridStatus status = GridStatus.Parse(
                await Verb.RunAsync(options.Server, ["cluster", "status", .. shared, "--json"], cancellationToken));
            if (status.ServingProcesses() is { } processes && processes.Distinct().Count() == options.Workers)
                return processes;
            await progress.WriteLineAsync("waiting until each worker serves one segment");
            await Task.Delay(TimeSpan.FromSeconds(2), cancellationToken);
        }
    }

    private async Task<(float[] Vector, double First, double Second)> EmbedTwiceAsync(
        ServerProcess server, CancellationToken cancellationToken)
    {
        using HttpClient http = new() { BaseAddress = server.Address, Timeout = Timeout.InfiniteTimeSpan };
        VitGridClient client = new(http);
        (float[] vector, double first) = await EmbedAsync(client, cancellationToken);
        (float[] again, double second) = await EmbedAsync(client, cancellationToken);
        if (!vector.AsSpan().SequenceEqual(again))
            throw new InvalidOperationException($"{server.Address} gave two vectors for one image");
        return (vector, first, second);
    }

    private async Task<(float[] Vector, double Seconds)> EmbedAsync(VitGridClient client, CancellationToken cancellationToken)
    {
        long begun = Stopwatch.GetTimestamp();
        EmbeddingsRequest request = new() { Cache = "bypass", Normalize = false, TimeoutMs = TimeoutMilliseconds };
        float[] vector = (await client.EmbedAsync([_image], request, cancellationToken))[0];
        double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        await progress.WriteLineAsync(Text($"a vector of {vector.Length} numbers after {seconds:0.0} s"));
        return (vector, seconds);
    }

    private string[] ModelArguments() =>
        ["--model", options.Model, "--precision", options.Precision, "--segments", options.Workers.ToString(
            CultureInfo.InvariantCulture), "--devices", "cpu:0"];
}
