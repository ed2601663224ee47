using System.CommandLine;

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
            Description = "the first is what the others are compared with",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => ["fp32", "int8"],
        };
        precisions.AcceptOnlyFromAmong("fp32", "bf16", "int8", "int8-vnni", "int8-pairsafe");
        Command command = new("precisions", "one model in several precisions on the CPU, taking turns in one run")
        {
            model, side, threads, rounds, precisions, results,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            PrecisionsBenchmark benchmark = new(
                parsed.GetValue(model)!, parsed.GetValue(side), parsed.GetValue(threads), parsed.GetValue(rounds));
            await Report.WriteAsync(
                arguments, benchmark.Run(parsed.GetValue(precisions)!, Console.Error), parsed.GetValue(results), cancellation);
        });
        return command;
    }
}
