using System.CommandLine;
using VitGrid.Benchmarks;
using VitGrid.Benchmarks.Pipeline;

Option<string> model = new("--model") { Description = "folder of the checkpoint", Required = true };
Option<string> pictures = new("--pictures") { Description = "folder of pictures", Required = true };
Option<int> segments = new("--segments") { Description = "segments, each on a CPU device of its own", DefaultValueFactory = _ => 1 };
Option<int> rounds = new("--rounds") { Description = "how often the two ways take turns", DefaultValueFactory = _ => 3 };
Option<int> count = new("--count") { Description = "pictures a turn", DefaultValueFactory = _ => 8 };
Option<string?> results = new("--out") { Description = "append the report to this file" };

Command segmentsCommand = new("segments", "VitGrid in process beside a bare ONNX Runtime loop over the same segments, taking turns in one run")
{
    model, pictures, segments, rounds, count, results,
};
segmentsCommand.SetAction(async (parsed, cancellation) =>
{
    SegmentsBenchmark benchmark = new(parsed.GetValue(model)!, parsed.GetValue(pictures)!, parsed.GetValue(segments), parsed.GetValue(count));
    await Report.WriteAsync(args, await benchmark.RunAsync(parsed.GetValue(rounds), Console.Error, cancellation), parsed.GetValue(results), cancellation);
});

Command resampleCommand = new("resample", "CPU milliseconds of the exact bicubic resize at three sizes") { results };
resampleCommand.SetAction(async (parsed, cancellation) =>
    await Report.WriteAsync(args, ResampleBenchmark.Run(), parsed.GetValue(results), cancellation));

return await new RootCommand("VitGrid's benchmarks") { segmentsCommand, resampleCommand, DeviceCommand.Create(args, model, results), PipelineCommand.Create(args, results), PipelineCommand.Node() }.Parse(args).InvokeAsync();
