using System.CommandLine;

namespace VitGrid.Benchmarks.Texts;

/// <summary><c>vitgrid-benchmarks texts</c>.</summary>
internal static class TextsCommand
{
    public static Command Create(string[] arguments, Option<string> model, Option<int> rounds, Option<string?> results)
    {
        Option<int[]> batches = new("--batches")
        {
            Description = "texts sent at once and computed in one batch", AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [1, 32],
        };
        Option<int?> tokens = new("--tokens")
        {
            Description = "tokens of a text, the end token included; the rest is padding [default: the context length]",
        };
        Option<int> count = new("--count") { Description = "texts a turn", DefaultValueFactory = _ => 64 };
        Option<int> seconds = new("--seconds") { Description = "how long each load of both towers lasts", DefaultValueFactory = _ => 20 };
        Option<string> server = new("--server")
        {
            Description = "vitgrid.dll to start", DefaultValueFactory = _ => "src/VitGrid.Server/bin/Release/net10.0/vitgrid.dll",
        };
        Command command = new(
            "texts",
            "texts in process and over HTTP beside a bare ONNX Runtime loop over the whole context, taking turns; then texts and "
                + "images at once")
        {
            model, server, batches, tokens, count, rounds, seconds, results,
        };
        command.SetAction(async (parsed, cancellation) => await Report.WriteAsync(
            arguments,
            await new TextsBenchmark(
                parsed.GetValue(model)!, parsed.GetValue(server)!, parsed.GetValue(tokens),
                parsed.GetValue(count), parsed.GetValue(rounds), TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                Console.Error).RunAsync(parsed.GetValue(batches)!, cancellation),
            parsed.GetValue(results), cancellation));
        return command;
    }
}
