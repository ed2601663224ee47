using System.CommandLine;

namespace VitGrid.Benchmarks.FeatureRates;

/// <summary><c>vitgrid-benchmarks features</c>.</summary>
internal static class FeatureRatesCommand
{
    public static Command Create(string[] arguments, Option<string?> results)
    {
        Option<string> model = new(
            "--model") { Description = "folder of the checkpoint", DefaultValueFactory = _ => "src/VitGrid.Server/models/internvit-nano" };
        Option<string> fields = new(
            "--features") { Description = "what is given out, as --features of vitgrid embed takes it",
                DefaultValueFactory = _ => "layers=-1;dtype=fp16" };
        Option<double?> device = new(
            "--device-rate") { Description = "images a second of a device that only takes time, instead of the model's arithmetic" };
        Option<int> ahead = new("--ahead") { Description = "images asked for at once", DefaultValueFactory = _ => 32 };
        Option<int> rounds = new("--rounds") { Description = "how often the two take turns", DefaultValueFactory = _ => 5 };
        Option<double> seconds = new("--seconds") { Description = "seconds a turn", DefaultValueFactory = _ => 5 };
        Command command = new("features", "images a second with hidden states given out, beside those with vectors alone, taking turns")
        {
            model, fields, device, ahead, rounds, seconds, results,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            FeatureRatesBenchmark benchmark = new(
                parsed.GetValue(model)!, parsed.GetValue(fields)!, parsed.GetValue(device), parsed.GetValue(ahead));
            IReadOnlyList<string> lines = await benchmark.RunAsync(
                parsed.GetValue(rounds), TimeSpan.FromSeconds(parsed.GetValue(seconds)), Console.Error, cancellation);
            await Report.WriteAsync(arguments, lines, parsed.GetValue(results), cancellation);
        });
        return command;
    }
}
