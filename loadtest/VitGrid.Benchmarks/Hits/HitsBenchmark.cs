using System.Diagnostics;
using System.Globalization;
using VitGrid.LoadTest.Images;
using VitGrid.LoadTest.Load;
using VitGrid.LoadTest.Processes;
using VitGrid.LoadTest.Requests;
using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.Benchmarks.Hits;

/// <summary>What is asked of the cache.</summary>
/// <param name="Server">Path of vitgrid.dll.</param>
/// <param name="Model">The model served; a hit never runs it.</param>
/// <param name="ImageBytes">Size of an image.</param>
/// <param name="Batch">Images a request; 1: a raw body, else a form.</param>
/// <param name="Rounds">How often the two take turns.</param>
/// <param name="Seconds">Length of a turn.</param>
internal sealed record HitsQuestion(string Server, string Model, int ImageBytes, int Batch, int Rounds, double Seconds)
{
    /// <summary>Whether a server that needs keys takes its turn too.</summary>
    public bool WithKey { get; init; }
}

/// <summary>
/// Cache hits over HTTP beside <see cref="BareKestrel"/> under the same bodies from the same generator, taking turns in one run.
/// </summary>
internal sealed class HitsBenchmark(HitsQuestion question, string scratch, TextWriter progress)
{
    /// <summary>Images sent again and again, in forms of at most <see cref="HitsQuestion.Batch"/>.</summary>
    private const int WorkingSet = 64;

    private const int Connections = 4;

    private readonly ImageSet _images = ImageSet.OfEqualSize(ImageKind.ParseMix("jpeg:320x240")[0], question.ImageBytes, seed: 1);

    public async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellationToken)
    {
        RequestShape shape = new() { Form = question.Batch == 1 ? RequestForm.Raw : RequestForm.Multipart, Images = question.Batch,
            WorkingSet = WorkingSet, Cache = "use" };
        using HttpClient http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromMinutes(2) };
        using ServerProcess server = await ServerProcess.StartReadyAsync(question.Server, ["--model", question.Model], cancellationToken);
        Uri vitgrid = new(server.Address, "v1/embeddings");
        string answer = await FillCacheAsync(http, vitgrid, shape, cancellationToken);
        using KeyedServer? keyed = question.WithKey ? await KeyedServer.StartAsync(question, scratch, cancellationToken) : null;
        if (keyed is not null)
            await FillCacheAsync(keyed.Http, keyed.Embeddings, shape, cancellationToken);
        int port = Ports.Take(1)[0];
        Uri bare = new($"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}/v1/embeddings");
        using ChildProcess kestrel = ChildProcess.Start(
            "dotnet", [typeof(HitsBenchmark).Assembly.Location, "bare-kestrel", bare.GetLeftPart(UriPartial.Authority), answer]);
        await WaitAsync(http, bare, cancellationToken);

        List<(double Bare, double VitGrid)> rounds = [];
        List<double> keys = [];
        for (int round = 0; round <= question.Rounds; round++)
        {
            (double Bare, double VitGrid) rates =
                (await RateAsync(http, bare, shape, cancellationToken), await RateAsync(http, vitgrid, shape, cancellationToken));
            await progress.WriteLineAsync(Text($"round {round} of {question.Rounds}: {rates.Bare:0}/s bare, {rates.VitGrid:0}/s VitGrid"));
            double withKey = keyed is null ? 0 : await RateAsync(keyed.Http, keyed.Embeddings, shape, cancellationToken);
            // The first round warms all up and is not counted.
            if (round == 0)
                continue;
            rounds.Add(rates);
            if (keyed is not null)
                keys.Add(withKey / rates.VitGrid);
        }
        string[] withKeys = keys.Count > 0 ? [$"with a key, ratio to without                  {Ratios.Text([.. keys])}"] : [];
        return [.. Lines(rounds), .. withKeys];
    }

    private IEnumerable<string> Lines(List<(double Bare, double VitGrid)> rounds)
    {
        double vectors = Ratios.Median(rounds.Select(round => round.VitGrid * question.Batch));
        yield return Text($"{question.Batch} images of {question.ImageBytes:N0} bytes a request, all of them hits; {Connections} "
            + $"connections, {rounds.Count} rounds of {question.Seconds:0.#} s; generator and server share the machine");
        yield return Text($"(e) bare Kestrel that reads, hashes, writes   {Ratios.Median(rounds.Select(round => round.Bare)),9:0.0} "
            + $"requests/s");
        yield return Text($"VitGrid, from its cache                       {Ratios.Median(rounds.Select(round => round.VitGrid)),9:0.0} "
            + $"requests/s, {vectors:0} vectors/s");
        yield return Text($"ratio                                         "
            + $"{Ratios.Text([.. rounds.Select(round => round.VitGrid / round.Bare)])}");
    }

    /// <summary>Embeds the working set once; the last answer is what the bare endpoint will send.</summary>
    private async Task<string> FillCacheAsync(HttpClient http, Uri address, RequestShape shape, CancellationToken cancellationToken)
    {
        RequestPlan plan = new(_images, shape, seed: 1);
        RequestWriter writer = new(address, shape, _images);
        byte[] body = [];
        for (int sent = 0; sent < WorkingSet; sent += question.Batch)
        {
            using HttpRequestMessage request = writer.Write(plan.Next());
            using HttpResponseMessage answer = await http.SendAsync(request, cancellationToken);
            body = await answer.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(cancellationToken);
        }
        Directory.CreateDirectory(scratch);
        string file = Path.GetFullPath(Path.Combine(scratch, "answer.json"));
        await File.WriteAllBytesAsync(file, body, cancellationToken);
        return file;
    }

    private async Task<double> RateAsync(HttpClient http, Uri address, RequestShape shape, CancellationToken cancellationToken)
    {
        int answered = 0;
        HttpSender sender = new(http, new RequestWriter(address, shape, _images), TimeSpan.FromMinutes(1), check: null);
        LoadClock clock = LoadClock.Start();
        await new ClosedLoop(new RequestPlan(_images, shape, seed: 1), sender.SendAsync, clock, attempt =>
        {
            if (attempt.Answer.Ending != Ending.Answered)
                throw new InvalidOperationException($"{address} did not answer: {attempt.Answer.Fault}");
            Interlocked.Increment(ref answered);
        }).RunAsync(Connections, 0, TimeSpan.FromSeconds(question.Seconds), cancellationToken);
        return answered / clock.Now().TotalSeconds;
    }

    private static async Task WaitAsync(HttpClient http, Uri address, CancellationToken cancellationToken)
    {
        long begun = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using HttpResponseMessage answer = await http.GetAsync(address, cancellationToken);
                return;
            }
            catch (HttpRequestException) when (Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(30))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
            }
        }
    }
}
