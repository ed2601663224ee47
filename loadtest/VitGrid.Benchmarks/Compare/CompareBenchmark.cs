using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Requests;
using VitGrid.LoadTest.Images;
using VitGrid.LoadTest.Processes;
using VitGrid.Model.Checkpoints;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;
using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.Benchmarks.Compare;

/// <summary>
/// Images a second of VitGrid beside the bare runtime and beside what people would write instead, on the same images and weights. All take
/// turns within one run, so that a noisy machine disturbs all; each ratio is of one round.
/// </summary>
internal sealed class CompareBenchmark(CompareQuestion question, string scratch, TextWriter progress)
{
    private const string Bare = "(a) bare ONNX Runtime loop";
    private const string Http = "(c) VitGrid over HTTP";

    private readonly string _model = question.Size is { } size ? SizedModel.From(question.Model, size, scratch) : question.Model;
    private readonly ImageSet _images = ImageSet.Draw(question.Mix, seed: 1);
    private readonly List<string> _notes = [];

    public async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellationToken)
    {
        using Checkpoint checkpoint = Checkpoint.Open(_model);
        using BareLoop loop = new(checkpoint, 1, question.Precision);
        ReadOnlyMemory<byte>[] pixels = Decode(checkpoint);
        using IHost grid = await LocalGrid.StartAsync(
            _model, question.Precision, [.. DeviceList.Parse(question.Devices)], segments: 1, cancellationToken);
        Embedder embedder = grid.Services.GetRequiredService<Embedder>();
        using ServerProcess server = await ServerProcess.StartReadyAsync(
            question.Server, ["--model", _model, "--precision", question.Precision.ToString()
                .ToLowerInvariant(), "--devices", question.Devices], cancellationToken);
        using HttpSide http = new(new(server.Address, "v1/embeddings?cache=bypass&encoding_format=base64&timeout_ms=3600000"));
        using NodePeer? node = await StartNodeAsync(cancellationToken);
        using HttpSide naive = new(new(node?.Address ?? server.Address, "naive")), batched = new(
            new(node?.Address ?? server.Address, "batched"));
        List<Side> sides =
        [
            new(Bare, _ => Task.Run(() => loop.Run(pixels), cancellationToken)),
            new("(b) VitGrid in process", turn => Task.WhenAll(
                Files(turn).Select(file => EmbedAsync(embedder, file.File, cancellationToken)))),
            new(Http, turn => http.RunAsync(Files(turn), cancellationToken)),
        ];
        if (node is not null)
        {
            sides.Add(new("(d) onnxruntime-node, each alone", turn => naive.RunAsync(Files(turn), cancellationToken)));
            sides.Add(new("(d) onnxruntime-node, batches", turn => batched.RunAsync(Files(turn), cancellationToken)));
        }
        List<double[]> rounds = await TakeTurnsAsync(sides, http.Forget);
        await grid.StopAsync(cancellationToken);
        return [.. Lines(checkpoint, sides, rounds, http.Stages())];
    }

    private async Task<NodePeer?> StartNodeAsync(CancellationToken cancellationToken)
    {
        string? why = question.Peer is { } peer ? await NodePeer.InstallAsync(peer, cancellationToken) : "not asked for";
        if (why is null)
            return await NodePeer.StartAsync(question.Peer!, _model, scratch, cancellationToken);
        _notes.Add($"(d) onnxruntime-node was left out: {why}");
        return null;
    }

    /// <summary>Seconds of each side in each round. The first round warms up and is not counted; the order turns with the rounds.</summary>
    private async Task<List<double[]>> TakeTurnsAsync(List<Side> sides, Action warm)
    {
        List<double[]> rounds = [];
        for (int round = 0; round <= question.Rounds; round++)
        {
            double[] seconds = new double[sides.Count];
            for (int i = 0; i < sides.Count; i++)
            {
                int side = (i + round) % sides.Count;
                long begun = Stopwatch.GetTimestamp();
                await sides[side].RunAsync((round * sides.Count) + side);
                seconds[side] = Stopwatch.GetElapsedTime(begun).TotalSeconds;
            }
            await progress.WriteLineAsync(
                $"round {round} of {question.Rounds}: {string.Join(", ", seconds.Select(time => Text($"{time:0.00} s")))}");
            if (round == 0)
                warm();
            else
                rounds.Add(seconds);
        }
        return rounds;
    }

    private IEnumerable<string> Lines(
        Checkpoint checkpoint, List<Side> sides, List<double[]> rounds, IReadOnlyList<(string Stage, double Milliseconds)> stages)
    {
        int size = checkpoint.Preprocessing.Size;
        yield return Text($"{SizedModel.NameOf(question.Model)} at {size} x {size}, {question.Precision.ToString().ToLowerInvariant()}; "
            + $"VitGrid on {question.Devices}; {question.Count} images a turn of {string.Join(", ", question.Mix)}; {rounds.Count} rounds");
        yield return "way                                 s an image   images/s   beside (a): median (lowest to highest of the rounds)";
        for (int side = 0; side < sides.Count; side++)
        {
            double seconds = Ratios.Median(rounds.Select(round => round[side])) / question.Count;
            yield return Text($"{sides[side].Name,-34}   {seconds,10:0.0000}   {1 / seconds,8:0.00}   {Ratio(rounds, 0, side)}");
        }
        int http = sides.FindIndex(side => side.Name == Http);
        for (int side = http + 1; side < sides.Count; side++)
            yield return $"{Http} beside {sides[side].Name}: {Ratio(rounds, side, http)}";
        yield return $"{Http}, longest stage of a request, ms: "
            + $"{string.Join(", ", stages.Select(stage => Text($"{stage.Stage} {stage.Milliseconds:0.0}")))}; {DecodeLine(checkpoint)}";
        foreach (string note in _notes)
            yield return note;
    }

    /// <summary>How much faster <paramref name="side"/> is than <paramref name="other"/>, round by round.</summary>
    private static string Ratio(List<double[]> rounds, int other, int side) =>
        Ratios.Text([.. rounds.Select(round => round[other] / round[side])]);

    /// <summary>What (a) does not do: processor time to decode and resize one image, measured alone.</summary>
    private string DecodeLine(Checkpoint checkpoint)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        Decode(checkpoint);
        return Text($"decoding takes {(Environment.CpuUsage.TotalTime - before).TotalMilliseconds / question.Count:0.0} ms of one core "
            + $"an image, which (a) is spared");
    }

    private ReadOnlyMemory<byte>[] Decode(Checkpoint checkpoint)
    {
        PreprocessProfile profile = PreprocessProfile.Resolve(null, checkpoint.Preprocessing);
        ImagePreprocessor preprocessor = new(new ImageLimits());
        return [.. Files(0).Select(file =>
        {
            byte[] pixels = new byte[profile.Size.PixelBytes];
            preprocessor.Process(file.File, profile, pixels);
            return (ReadOnlyMemory<byte>)pixels;
        })];
    }

    /// <summary>A turn's images: every kind alike, no file twice.</summary>
    private IEnumerable<(StampedImage Image, byte[] File)> Files(int turn) => Enumerable.Range(0, question.Count)
        .Select(i => (_images.Images[i % _images.Images.Count], _images.Images[i % _images.Images.Count].Stamped(((long)turn << 32) + i)));

    private static Task<EmbeddingResult> EmbedAsync(Embedder embedder, byte[] file, CancellationToken cancellationToken) =>
        embedder.EmbedAsync(
        new EmbeddingRequest { Model = LocalGrid.ModelName, Image = file, Cache = CacheUse.Bypass, Timeout = TimeSpan.FromHours(1) },
        cancellationToken);
}
