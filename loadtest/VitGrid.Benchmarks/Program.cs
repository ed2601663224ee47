using System.CommandLine;
using VitGrid.Benchmarks;
using VitGrid.Benchmarks.Compare;
using VitGrid.Benchmarks.Decoding;
using VitGrid.Benchmarks.FeatureRates;
using VitGrid.Benchmarks.Flips;
using VitGrid.Benchmarks.Hits;
using VitGrid.Benchmarks.Pipeline;
using VitGrid.Benchmarks.Texts;
using VitGrid.Benchmarks.Tokenizing;
using VitGrid.Benchmarks.Tls;

Option<string> model = new("--model") { Description = "folder of the checkpoint", Required = true };
Option<string> images = new("--pictures") { Description = "folder of images", Required = true };
Option<int> segments = new("--segments") { Description = "segments, each on a CPU device of its own", DefaultValueFactory = _ => 1 };
Option<int> rounds = new("--rounds") { Description = "how often the two ways take turns", DefaultValueFactory = _ => 3 };
Option<int> count = new("--count") { Description = "images a turn", DefaultValueFactory = _ => 8 };
Option<string?> results = new("--out") { Description = "append the report to this file" };

Command segmentsCommand = new(
    "segments", "VitGrid in process beside a bare ONNX Runtime loop over the same segments, taking turns in one run")
{
    model, images, segments, rounds, count, results,
};
segmentsCommand.SetAction(async (parsed, cancellation) =>
{
    SegmentsBenchmark benchmark = new(parsed.GetValue(model)!, parsed.GetValue(images)!, parsed.GetValue(segments), parsed.GetValue(count));
    await Report.WriteAsync(
        args, await benchmark.RunAsync(parsed.GetValue(rounds), Console.Error, cancellation), parsed.GetValue(results), cancellation);
});

Command resampleCommand = new("resample", "CPU milliseconds of the exact bicubic resize at three sizes") { results };
resampleCommand.SetAction(async (parsed, cancellation) =>
    await Report.WriteAsync(args, ResampleBenchmark.Run(), parsed.GetValue(results), cancellation));

Option<int> turns = new("--rounds") { Description = "turns of each way; medians are printed", DefaultValueFactory = _ => 9 };
Option<bool> calls = new("--calls") { Description = "instead: grain calls between two silos, idle and while frames flow between them" };
Command transportCommand = new(
    "transport", "the data plane between two processes beside a bare socket copy, taking turns in one run") { turns, calls, results };
transportCommand.SetAction(async (parsed, cancellation) =>
{
    int each = parsed.GetValue(turns);
    IReadOnlyList<string> lines =
        await (parsed.GetValue(calls) ? new CallsBenchmark(each).RunAsync(cancellation) : TransportBenchmark.RunAsync(each, cancellation));
    await Report.WriteAsync(args, lines, parsed.GetValue(results), cancellation);
});

Command peerCommand = new("transport-peer", "the second process of the transport benchmark") { Hidden = true };
peerCommand.SetAction((_, _) => TransportPeer.RunAsync());

Argument<int> primary = new("primary");
Command callsPeerCommand = new("calls-peer", "the second process of transport --calls") { primary };
callsPeerCommand.Hidden = true;
callsPeerCommand.SetAction((parsed, _) => CallsPeer.RunAsync(parsed.GetValue(primary)));

Option<int> largest = new("--devices") { Description = "most devices; grids of 10, 100, … up to it", DefaultValueFactory = _ => 1_000 };
Option<double> seconds = new("--seconds") { Description = "virtual seconds under load", DefaultValueFactory = _ => 60 };

Command simulateCommand = new(
    "simulate", "the real planner, replica choice and batch policy on simulated devices, in virtual time, with deaths and joins")
{
    largest, seconds, results,
};
simulateCommand.SetAction(async (parsed, cancellation) =>
    await Report.WriteAsync(
        args, SimulationBenchmark.Run(parsed.GetValue(largest), parsed.GetValue(seconds)), parsed.GetValue(results), cancellation));

Option<int> items = new("--items") { Description = "references to submit and index", DefaultValueFactory = _ => 100_000 };
Command indexCommand = new("index", "the indexing queue alone: a model that takes no time, a sink that keeps nothing") { items, results };
indexCommand.SetAction(async (parsed, cancellation) =>
    await Report.WriteAsync(
        args, await new IndexBenchmark(parsed.GetValue(items)).RunAsync(cancellation), parsed.GetValue(results), cancellation));

Option<string[]> sinks = new(
    "--sink") { Description = "a sink to measure; several may be given [default: every file sink, in a folder of its own]" };
Option<int> rows = new("--rows") { Description = "vectors written", DefaultValueFactory = _ => 5_000 };
Option<int> dimensions = new("--dimensions") { Description = "numbers in a vector", DefaultValueFactory = _ => 1_024 };

Command sinksCommand = new(
    "sinks", "rows a second of the sinks of indexing, durable on disk, in parts of 1,000") { sinks, rows, dimensions, results };
sinksCommand.SetAction(async (parsed, cancellation) => await Report.WriteAsync(
    args,
    await SinksBenchmark.RunAsync(parsed.GetValue(sinks) ?? [], parsed.GetValue(rows), parsed.GetValue(dimensions), cancellation),
    parsed.GetValue(results),
    cancellation));

return await new RootCommand("VitGrid's benchmarks")
{
    segmentsCommand,
    PrecisionsCommand.Create(args, model, results),
    resampleCommand,
    CompareCommand.Create(args, model, results),
    HitsCommand.Create(args, results),
    HitsCommand.Peer(),
    FlipsCommand.Create(args, model, images, results),
    FlipsCommand.Opinions(args, model, images, results),
    FlipsCommand.Watch(args, model, images, results),
    FeatureRatesCommand.Create(args, results),
    DecodingCommand.Create(args, results),
    DeviceCommand.Create(args, model, results),
    TokenizerCommand.Create(args, results),
    TextsCommand.Create(args, model, rounds, results),
    PipelineCommand.Create(args, results),
    PipelineCommand.Node(),
    transportCommand,
    peerCommand,
    TlsCommand.Create(args, results),
    TlsCommand.Peer(),
    callsPeerCommand,
    simulateCommand,
    indexCommand,
    sinksCommand,
}.Parse(args).InvokeAsync();
