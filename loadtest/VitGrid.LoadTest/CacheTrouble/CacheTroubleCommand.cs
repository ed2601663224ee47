using System.CommandLine;

namespace VitGrid.LoadTest.CacheTrouble;

/// <summary><c>cache-trouble</c>: what a cache's Redis in trouble costs requests.</summary>
internal static class CacheTroubleCommand
{
    private const string Logs = "out/cache-trouble";

    /// <summary>The command with its options.</summary>
    public static Command Create(Option<string> server, Option<string> images, Option<string?> results)
    {
        Option<double> rate = new("--rate") { Description = "requests a second", DefaultValueFactory = _ => 40 };
        Option<int> seconds = new(
            "--seconds") { Description = "load in each scene; the trouble begins after a quarter of it", DefaultValueFactory = _ => 20 };
        Command command = new("cache-trouble",
            "latencies with the cache's Redis well, slow, stopped, killed and full, beside those without any cache")
        {
            server, images, rate, seconds, results,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            CacheTroubleOptions options = new(
                parsed.GetValue(server)!, parsed.GetValue(images)!, parsed.GetValue(rate), TimeSpan.FromSeconds(
                    parsed.GetValue(seconds)), Logs);
            (IReadOnlyList<string> lines, bool passed) = await new CacheTroubleRun(options, Console.Error).RunAsync(cancellation);
            string text = string.Join(
                Environment.NewLine, [Machine.Line(), "", $"`vitgrid-loadtest {string.Join(' ', Environment.GetCommandLineArgs()[1..])}`",
                    "", .. lines]);
            Console.WriteLine(text);
            if (parsed.GetValue(results) is { } file)
                await File.AppendAllTextAsync(file, text + Environment.NewLine, cancellation);
            return passed ? 0 : 1;
        });
        return command;
    }
}

/// <summary>A run of <c>cache-trouble</c>.</summary>
/// <param name="Server">Path of vitgrid.dll.</param>
/// <param name="Images">Folder of images to send, beside generated ones.</param>
/// <param name="Rate">Requests a second.</param>
/// <param name="Scene">How long each scene is.</param>
/// <param name="Logs">Folder for what Redis writes.</param>
internal sealed record CacheTroubleOptions(string Server, string Images, double Rate, TimeSpan Scene, string Logs);
