using System.CommandLine;

namespace VitGrid.Benchmarks.Decoding;

/// <summary><c>vitgrid-benchmarks decoding</c>.</summary>
internal static class DecodingCommand
{
    public static Command Create(string[] arguments, Option<string?> results)
    {
        Option<string> server = new("--server")
        {
            Description = "vitgrid.dll to start",
            DefaultValueFactory = _ => "src/VitGrid.Server/bin/Release/net10.0/vitgrid.dll",
        };
        Option<string> model = new("--model") { Description = "the model served", DefaultValueFactory = _ => "internvit-nano" };
        Option<string> images = new("--mix") { Description = "images sent", DefaultValueFactory = _ => "jpeg:1920x1080" };
        Option<int> connections = new("--connections") { Description = "requests under way", DefaultValueFactory = _ => 8 };
        Option<int> rounds = new("--rounds") { Description = "how often the two take turns", DefaultValueFactory = _ => 7 };
        Option<double> seconds = new("--seconds") { Description = "seconds a turn", DefaultValueFactory = _ => 10 };
        Command command = new("decoding",
            "images a second over HTTP, decoded in processes of their own beside decoded in the server, taking turns in one run")
        {
            server, model, images, connections, rounds, seconds, results,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            DecodingQuestion question = new(
                parsed.GetValue(server)!, parsed.GetValue(model)!, parsed.GetValue(images)!, parsed.GetValue(connections),
                parsed.GetValue(rounds), parsed.GetValue(seconds));
            await Report.WriteAsync(
                arguments, await new DecodingBenchmark(question, Console.Error).RunAsync(cancellation), parsed.GetValue(results),
                cancellation);
        });
        return command;
    }
}
