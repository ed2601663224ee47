using System.CommandLine;
using VitGrid.LoadTest.Failures;

namespace VitGrid.LoadTest.Sick;

/// <summary><c>sick</c>: a grid of real processes, one of whose devices is sick one way after the other under load.</summary>
internal static class SickCommand
{
    /// <summary>Everything the processes of the last run wrote; emptied at the beginning of a run.</summary>
    private const string Logs = "out/sick";

    /// <summary>The command with its options.</summary>
    public static Command Create(Option<string> server, Option<string> images, Option<string?> results)
    {
        Option<bool> brief = new("--short") { Description = $"short phases, and only {string.Join(", ", SickFault.Short)} of a replica and "
            + $"{string.Join(", ", SickFault.ShortInSegments)} of a segment unless --fault names others" };
        Option<string[]> names = new(
            "--fault") { Description = "run this one only, of a replica and of a segment; may be repeated" };
        names.AcceptOnlyFromAmong([.. SickFault.Names]);
        Option<string?> layout = new("--layout") { Description = "only three replicas, or only three segments" };
        layout.AcceptOnlyFromAmong("replicas", "segments");
        Option<double?> rate = new("--rate") { Description = "requests a second; 40 % of what the whole grid carries by default" };
        Command command = new("sick",
            "steady load on Redis, an api and three workers while a device of one is sick. Example: vitgrid-loadtest sick --fault hang")
        {
            server, images, brief, names, layout, rate, results,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            string[] named = parsed.GetValue(names) ?? [];
            bool isShort = parsed.GetValue(brief);
            string? only = parsed.GetValue(layout);
            IReadOnlyList<string> Chosen(string of, IReadOnlyList<string> brief) =>
                only is not null && only != of ? [] : named.Length > 0 ? named : isShort ? brief : SickFault.Names;
            SickOptions options = new(
                parsed.GetValue(server)!, parsed.GetValue(images)!,
                Chosen("replicas", SickFault.Short), Chosen("segments", SickFault.ShortInSegments),
                parsed.GetValue(rate), isShort ? Pace.Short : Pace.Full, Logs);
            string line = $"vitgrid-loadtest {string.Join(' ', Environment.GetCommandLineArgs()[1..])}";
            SickReport report = await new SickRun(options, Console.Error).RunAsync(line, cancellation);
            string text = string.Join(Environment.NewLine, report.Lines(Machine.Line()));
            Console.WriteLine(text);
            if (parsed.GetValue(results) is { } file)
                await File.AppendAllTextAsync(file, text + Environment.NewLine, cancellation);
            return report.Passed ? 0 : 1;
        });
        return command;
    }
}
