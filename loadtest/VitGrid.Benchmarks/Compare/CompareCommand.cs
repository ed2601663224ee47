using System.CommandLine;
using VitGrid.LoadTest.Images;
using VitGrid.Model.Segments;

namespace VitGrid.Benchmarks.Compare;

/// <summary><c>vitgrid-benchmarks compare</c>.</summary>
internal static class CompareCommand
{
    public static Command Create(string[] arguments, Option<string> model, Option<string?> results)
    {
        Option<Precision> precision = new(
            "--precision") { Description = "arithmetic of all but the Node peer, which is fp32",
                DefaultValueFactory = _ => Precision.Fp32 };
        Option<int?> size = new("--size") { Description = "input side in pixels; the checkpoint's own by default" };
        Option<string> mix = new(
            "--mix") { Description = "images, as vitgrid bench --mix takes them", DefaultValueFactory = _ => "jpeg:640x480" };
        Option<int> count = new("--count") { Description = "images a turn", DefaultValueFactory = _ => 4 };
        Option<int> rounds = new("--rounds") { Description = "how often all take turns", DefaultValueFactory = _ => 3 };
        Option<string> devices = new(
            "--devices") { Description = "devices of VitGrid, each with a replica: cpu:0 is every core, cpu:0,cpu:1 halves them",
                DefaultValueFactory = _ => "cpu:0" };
        Option<string> server = new(
            "--server") { Description = "vitgrid.dll to start",
                DefaultValueFactory = _ => "src/VitGrid.Server/bin/Release/net10.0/vitgrid.dll" };
        Option<string> peer = new(
            "--peer") { Description = "folder of the Node peer, or none", DefaultValueFactory = _ => "loadtest/peers/onnxruntime-node" };
        Option<string> scratch = new(
            "--scratch") { Description = "for graphs and links to weights; on the file system of the model",
                DefaultValueFactory = _ => "out/compare" };
        Command command = new("compare",
            "VitGrid in process and over HTTP beside a bare ONNX Runtime loop and an onnxruntime-node server, taking turns in one run")
        {
            model, precision, size, mix, count, rounds, devices, server, peer, scratch, results,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            CompareQuestion question = new()
            {
                Model = parsed.GetValue(model)!,
                Precision = parsed.GetValue(precision),
                Size = parsed.GetValue(size),
                Mix = ImageKind.ParseMix(parsed.GetValue(mix)!),
                Count = parsed.GetValue(count),
                Rounds = parsed.GetValue(rounds),
                Devices = parsed.GetValue(devices)!,
                Server = parsed.GetValue(server)!,
                Peer = parsed.GetValue(peer) is { } folder and not "none" ? folder : null,
            };
            IReadOnlyList<string> lines = await new CompareBenchmark(question, parsed.GetValue(scratch)!, Console.Error).RunAsync(
                cancellation);
            await Report.WriteAsync(arguments, lines, parsed.GetValue(results), cancellation);
        });
        return command;
    }
}
