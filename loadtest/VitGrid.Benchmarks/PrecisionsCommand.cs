using System.CommandLine;
using VitGrid.Runtime.Backends;

namespace VitGrid.Benchmarks;

/// <summary><c>precisions</c>: one model in several precisions on the CPU.</summary>
internal static class PrecisionsCommand
{
    public static Command Create(string[] arguments, Option<string> model, Option<string?> results)
    {
        Option<int> side = new("--side") { Description = "side of the image, in pixels", DefaultValueFactory = _ => 448 };
        Option<int> threads = new(
            "--threads") { Description = "threads of each session", DefaultValueFactory = _ => Environment.ProcessorCount };
        Option<int> rounds = new("--rounds") { Description = "turns of each precision; medians are printed", DefaultValueFactory = _ => 3 };
        Option<string[]> precisions = new("--precisions")
        {
            Description = "fp32, bf16, int8, int8-vnni, int8-pairsafe; the first is what the others are compared with",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => ["fp32", "int8"],
        };
        Option<string[]> providers = new("--provider")
        {
            Description = "a plug-in as NAME=LIBRARY; its precisions are then NAME:fp32, NAME:bf16",
        };
        Command command = new("precisions", "one model in several precisions on the CPU, taking turns in one run")
        {
            model, side, threads, rounds, precisions, providers, results,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            PrecisionsBenchmark benchmark = new(
                parsed.GetValue(model)!, parsed.GetValue(side), parsed.GetValue(threads), parsed.GetValue(rounds),
                Plugins(parsed.GetValue(providers) ?? []));
            await Report.WriteAsync(
                arguments, benchmark.Run(parsed.GetValue(precisions)!, Console.Error), parsed.GetValue(results), cancellation);
        });
        return command;
    }

    private static IEnumerable<PluginProvider> Plugins(IEnumerable<string> named) =>
        named.Select(text => text.Split('=', 2)).Select(parts => new PluginProvider(parts[0], parts[^1]));
}
