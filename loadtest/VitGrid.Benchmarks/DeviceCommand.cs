using System.CommandLine;
using System.Globalization;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Execution;

namespace VitGrid.Benchmarks;

/// <summary><c>vitgrid-benchmarks device</c>.</summary>
internal static class DeviceCommand
{
    public static Command Create(string[] arguments, Option<string> model, Option<string?> results)
    {
        Option<string> devices = new(
            "--devices") { Description = "devices in pipeline order, e.g. cuda:0", DefaultValueFactory = _ => "cuda:0" };
        Option<string> precision = new("--precision") { Description = "fp32, bf16, fp16 or auto", DefaultValueFactory = _ => "auto" };
        precision.AcceptOnlyFromAmong("auto", "fp32", "bf16", "fp16");
        Option<string> batches = new(
            "--batches") { Description = "images in a batch, one row each", DefaultValueFactory = _ => "1,2,4,8,16,32" };
        Option<string> graphs = new("--graphs") { Description = "CUDA graphs: on or off", DefaultValueFactory = _ => "on" };
        graphs.AcceptOnlyFromAmong("on", "off");
        Option<int> segments = new("--segments") { Description = "segments, one after another", DefaultValueFactory = _ => 1 };
        Option<double> seconds = new("--seconds") { Description = "seconds a row", DefaultValueFactory = _ => 3 };
        Option<int> compare = new(
            "--compare-segments") { Description = "also compare this many segments on one device with one, bit for bit" };
        Command command = new("device",
            "images per second of a model on devices by batch size, from pixels to pooled vectors, without the grid")
        {
            model, devices, precision, batches, graphs, segments, seconds, compare, results,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            DeviceQuestion question = new(
                DeviceList.Parse(parsed.GetValue(devices)!),
                Enum.TryParse(parsed.GetValue(precision), ignoreCase: true, out Precision named) ? named : null,
                parsed.GetValue(segments),
                parsed.GetValue(graphs) == "on");
            int[] sizes = [.. parsed.GetValue(batches)!.Split(',').Select(size => int.Parse(size, CultureInfo.InvariantCulture))];
            DeviceInventory inventory = DeviceInventory.Read();
            foreach (string fault in inventory.Faults(question.Devices))
            {
                await Console.Error.WriteLineAsync(fault);
                return 1;
            }
            using DeviceBenchmark benchmark = new(parsed.GetValue(model)!, question, inventory);
            IEnumerable<string> lines = benchmark.Run(sizes, parsed.GetValue(seconds));
            if (parsed.GetValue(compare) is > 0 and int several)
                lines = lines.Append(benchmark.CompareSegments(several));
            await Report.WriteAsync(arguments, lines, parsed.GetValue(results), cancellation);
            return 0;
        });
        return command;
    }
}
