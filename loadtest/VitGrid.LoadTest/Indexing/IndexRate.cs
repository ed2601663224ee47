using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using VitGrid.LoadTest.Failures;
using VitGrid.LoadTest.Processes;

namespace VitGrid.LoadTest.Indexing;

/// <summary>One server: pictures a second that clients reach online, that the queue reaches with equal pictures, and what a lone client waits meanwhile.</summary>
internal sealed class IndexRate(string server, int pictures, int clients, string folder, TextWriter log)
{
    private const string Job = "rate";

    private readonly string[] _files = new string[pictures];

    public async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellation)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Draw();
        using RedisProcess redis = await RedisProcess.StartAsync(Ports.Take(1)[0], Path.Combine(folder, "redis"), cancellation);
        string[] roots = [$"--VitGrid:Indexing:Roots={folder}", $"--VitGrid:Indexing:SinkRoots={folder}", "--VitGrid:Cache:MemoryBytes=0"];
        using ServerProcess serving = await ServerProcess.StartReadyAsync(server, ["--model", ChaosGrid.Model, "--queue-redis", redis.Address, .. roots], cancellation);
        using HttpClient http = new() { BaseAddress = serving.Address };
        await OnlineAsync(http, pictures / 10, cancellation);
        log.WriteLine("online");
        double online = pictures / await OnlineAsync(http, pictures, cancellation);
        double[] alone = await LoneAsync(http, () => Task.FromResult(false), 50, cancellation);
        log.WriteLine("through the queue");
        string[] submit = ["index", "submit", Path.Combine(folder, "pictures"), "--model", ChaosGrid.Model, "--sink", $"jsonl:{folder}/rate.jsonl", "--job", Job, "--queue-redis", redis.Address];
        await Verb.RunAsync(server, submit, cancellation);
        double[] meanwhile = await LoneAsync(http, () => IsOverAsync(redis.Address, cancellation), int.MaxValue, cancellation);
        double queued = JsonDocument.Parse(await StatusAsync(redis.Address, cancellation)).RootElement.GetProperty("jobs")[0].GetProperty("per_second").GetDouble();
        return
        [
            string.Create(CultureInfo.InvariantCulture, $"| online, {clients} clients, pictures/s | through the queue, pictures/s | ratio | a lone client's wait, p50 / p99 ms | while indexing, p50 / p99 ms |"),
            "|---|---|---|---|---|",
            string.Create(CultureInfo.InvariantCulture, $"| {online:0.0} | {queued:0.0} | {queued / online:0.00} | {At(alone, 0.5):0} / {At(alone, 0.99):0} | {At(meanwhile, 0.5):0} / {At(meanwhile, 0.99):0} |"),
        ];
    }

    private void Draw()
    {
        Directory.CreateDirectory(Path.Combine(folder, "pictures"));
        for (int i = 0; i < pictures; i++)
        {
            _files[i] = Path.Combine(folder, "pictures", string.Create(CultureInfo.InvariantCulture, $"{i:000000}.bmp"));
            File.WriteAllBytes(_files[i], NoisePicture.Bmp(i, 32));
        }
    }

    private async Task<double> OnlineAsync(HttpClient http, int count, CancellationToken cancellation)
    {
        ConcurrentQueue<string> left = new(_files.Take(count));
        long began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            while (left.TryDequeue(out string? file))
                await SendAsync(http, file, cancellation);
        }));
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>Milliseconds of requests one after the other, with pauses, until <paramref name="over"/>.</summary>
    private async Task<double[]> LoneAsync(HttpClient http, Func<Task<bool>> over, int most, CancellationToken cancellation)
    {
        List<double> waits = [];
        Task<bool> asked = over();
        while (waits.Count < most && !(asked.IsCompleted && await asked))
        {
            if (asked.IsCompleted)
                asked = over();
            long began = Stopwatch.GetTimestamp();
            await SendAsync(http, _files[waits.Count % _files.Length], cancellation);
            waits.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellation);
        }
        return [.. waits.Order()];
    }

    private static async Task SendAsync(HttpClient http, string file, CancellationToken cancellation)
    {
        using ByteArrayContent body = new(await File.ReadAllBytesAsync(file, cancellation));
        body.Headers.ContentType = new MediaTypeHeaderValue("image/bmp");
        using HttpResponseMessage answer = await http.PostAsync(new Uri("v1/embeddings?cache=bypass", UriKind.Relative), body, cancellation);
        answer.EnsureSuccessStatusCode();
    }

    private async Task<bool> IsOverAsync(string redis, CancellationToken cancellation)
    {
        await Task.Delay(TimeSpan.FromSeconds(2), cancellation);
        return (await StatusAsync(redis, cancellation)).Contains("\"state\":\"finished\"", StringComparison.Ordinal);
    }

    private Task<string> StatusAsync(string redis, CancellationToken cancellation) =>
        Verb.RunAsync(server, ["index", "status", Job, "--json", "--queue-redis", redis], cancellation);

    private static double At(double[] sorted, double part) => sorted[(int)Math.Min(sorted.Length - 1, sorted.Length * part)];
}
