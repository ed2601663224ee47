using System.CommandLine;

namespace VitGrid.LoadTest.Flights;

/// <summary><c>flights</c>: what computing equal images of two front ends once saves, and what it costs all others.</summary>
internal static class FlightsCommand
{
    /// <summary>The command with its options.</summary>
    public static Command Create(Option<string> server, Option<string?> results)
    {
        Option<string> model = new("--model")
        {
            Description = "folder of the checkpoint", DefaultValueFactory = _ => "src/VitGrid.Server/models/internvit-nano",
        };
        Option<int> clients = new("--clients") { Description = "clients, each with one image at a time", DefaultValueFactory = _ => 4 };
        Option<int> rounds = new("--rounds") { Description = "how often the scenes take turns", DefaultValueFactory = _ => 5 };
        Option<double> seconds = new("--seconds") { Description = "seconds a scene", DefaultValueFactory = _ => 2 };
        Command command = new("flights",
            "new images at two front ends of one worker, with Cache:ClusterFlight and without it, taking turns: images computed, rate, "
                + "latency")
        {
            server, model, clients, rounds, seconds, results,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            FlightsOptions options = new(
                parsed.GetValue(server)!, parsed.GetValue(model)!, parsed.GetValue(clients), parsed.GetValue(rounds),
                TimeSpan.FromSeconds(parsed.GetValue(seconds)));
            IReadOnlyList<string> lines = await new FlightsRun(options, Console.Error).RunAsync(cancellation);
            string text = string.Join(
                Environment.NewLine, [Machine.Line(), "", $"`vitgrid-loadtest {string.Join(' ', Environment.GetCommandLineArgs()[1..])}`",
                    "", .. lines]);
            Console.WriteLine(text);
            if (parsed.GetValue(results) is { } file)
                await File.AppendAllTextAsync(file, text + Environment.NewLine, cancellation);
            return 0;
        });
        return command;
    }
}

/// <summary>A run of <c>flights</c>.</summary>
/// <param name="Server">Path of vitgrid.dll.</param>
/// <param name="Model">Folder of the checkpoint.</param>
/// <param name="Clients">Clients, each with one image at a time.</param>
/// <param name="Rounds">How often the scenes take turns.</param>
/// <param name="Scene">Length of a scene.</param>
internal sealed record FlightsOptions(string Server, string Model, int Clients, int Rounds, TimeSpan Scene);
