using System.CommandLine;
using VitGrid.LoadTest.Trials;

namespace VitGrid.LoadTest.Indexing;

/// <summary><c>index-rate</c>: the queue's images per second beside those of online clients.</summary>
internal static class IndexRateCommand
{
    private const string Folder = "out/index-rate";

    public static Command Create(Option<string> server, Option<int> clients, Option<string?> results, Argument<string[]> serve)
    {
        Option<int> images = new(
            "--pictures") { Description = "images sent online, and indexed, in each round", DefaultValueFactory = _ => 6_000 };
        Option<int> rounds = new("--rounds") { Description = "how often the two take turns", DefaultValueFactory = _ => 2 };
        Command command = new("index-rate",
            "one server: images a second online and through the queue, and what a lone client waits meanwhile. Example: vitgrid-loadtest "
                + "index-rate --pictures 6000")
        {
            server, images, rounds, clients, results, serve,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            IndexRateOptions options = new(
                Path.GetFullPath(parsed.GetValue(server)!), parsed.GetValue(images), parsed.GetValue(clients), parsed.GetValue(
                    rounds), Path.GetFullPath(Folder), parsed.GetValue(serve) ?? []);
            (IReadOnlyList<string> lines, IReadOnlyList<Check> checks) = await new IndexRate(options, Console.Error).RunAsync(cancellation);
            string asked = $"vitgrid-loadtest {string.Join(' ', Environment.GetCommandLineArgs()[1..])}";
            string text = string.Join(
                Environment.NewLine, [Machine.Line(), asked, "", .. lines, "", .. checks.Select(check => check.ToString())]);
            Console.WriteLine(text);
            if (parsed.GetValue(results) is { } file)
                await File.AppendAllTextAsync(file, text + Environment.NewLine, cancellation);
            return checks.All(check => check.Holds) ? 0 : 1;
        });
        return command;
    }
}
