using VitGrid.LoadTest.Images;
using VitGrid.LoadTest.Load;
using VitGrid.LoadTest.Processes;
using VitGrid.LoadTest.Requests;
using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.Benchmarks.Decoding;

/// <summary>What is compared.</summary>
/// <param name="Server">Path of vitgrid.dll.</param>
/// <param name="Model">The model served.</param>
/// <param name="Images">The images, as <c>bench --mix</c> takes them.</param>
/// <param name="Connections">Requests under way.</param>
/// <param name="Rounds">How often the two take turns.</param>
/// <param name="Seconds">Length of a turn.</param>
internal sealed record DecodingQuestion(string Server, string Model, string Images, int Connections, int Rounds, double Seconds);

/// <summary>
/// Images a second over HTTP of a server that decodes in processes of their own, beside one that decodes in itself. Both run all the time
/// and take turns; who begins changes with each round.
/// </summary>
internal sealed class DecodingBenchmark(DecodingQuestion question, TextWriter progress)
{
    private readonly ImageSet _images = ImageSet.Draw(ImageKind.ParseMix(question.Images), seed: 1);

    public async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellationToken)
    {
        using ServerProcess apart = await StartAsync("true", cancellationToken);
        using ServerProcess inside = await StartAsync("false", cancellationToken);
        using HttpClient http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromMinutes(2) };
        List<(double Inside, double Apart)> rounds = [];
        for (int round = 0; round <= question.Rounds; round++)
        {
            bool insideFirst = round % 2 == 0;
            double first = await RateAsync(http, insideFirst ? inside : apart, round, cancellationToken);
            double second = await RateAsync(http, insideFirst ? apart : inside, round, cancellationToken);
            (double Inside, double Apart) rates = insideFirst ? (first, second) : (second, first);
            await progress.WriteLineAsync(Text(
                $"round {round} of {question.Rounds}: {rates.Inside:0.0}/s in the server, {rates.Apart:0.0}/s in processes of their own"));
            // The first round warms both up and is not counted.
            if (round > 0)
                rounds.Add(rates);
        }
        return [.. Lines(rounds)];
    }

    private IEnumerable<string> Lines(List<(double Inside, double Apart)> rounds)
    {
        yield return Text($"images {question.Images}, each a request, cache bypassed; {question.Connections} connections, {rounds.Count} "
            + $"rounds of {question.Seconds:0.#} s; generator and servers share the machine");
        yield return Text($"decoded in the server           {Ratios.Median(rounds.Select(round => round.Inside)),9:0.0} images/s");
        yield return Text($"decoded in processes of their own {Ratios.Median(rounds.Select(round => round.Apart)),7:0.0} images/s");
        yield return Text($"ratio                           {Ratios.Text([.. rounds.Select(round => round.Apart / round.Inside)])}");
    }

    private Task<ServerProcess> StartAsync(string apart, CancellationToken cancellationToken) => ServerProcess.StartReadyAsync(
        question.Server, ["--model", question.Model, $"--VitGrid:Images:DecodeProcess={apart}"], cancellationToken);

    private async Task<double> RateAsync(HttpClient http, ServerProcess server, int round, CancellationToken cancellationToken)
    {
        RequestShape shape = new() { Form = RequestForm.Raw, Cache = "bypass" };
        HttpSender sender = new(
            http, new RequestWriter(new(server.Address, "v1/embeddings"), shape, _images), TimeSpan.FromMinutes(1), check: null);
        int answered = 0;
        LoadClock clock = LoadClock.Start();
        await new ClosedLoop(new RequestPlan(_images, shape, seed: round), sender.SendAsync, clock, attempt =>
        {
            if (attempt.Answer.Ending != Ending.Answered)
                throw new InvalidOperationException($"{server.Address} did not answer: {attempt.Answer.Fault}");
            Interlocked.Increment(ref answered);
        }).RunAsync(question.Connections, 0, TimeSpan.FromSeconds(question.Seconds), cancellationToken);
        return answered / clock.Now().TotalSeconds;
    }
}
