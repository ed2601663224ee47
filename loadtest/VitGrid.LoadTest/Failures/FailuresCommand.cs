using System.CommandLine;

namespace VitGrid.LoadTest.Failures;

/// <summary><c>failures</c>: a grid of real processes, broken one way after the other under load.</summary>
internal static class FailuresCommand
{
    /// <summary>Everything the processes of the last run wrote; emptied at the beginning of a run.</summary>
    private const string Logs = "out/failures";

    /// <summary>The command with its options.</summary>
    public static Command Create(Option<string> server, Option<string> images, Option<string?> results)
    {
        Option<bool> brief = new(
            "--short") { Description = $"short phases, and only {string.Join(", ", Experiments.Short)} unless --experiment names others" };
        Option<string[]> names = new("--experiment") { Description = "run this one only; may be repeated" };
        names.AcceptOnlyFromAmong([.. Experiments.All.Select(experiment => experiment.Name)]);
        Option<double?> rate = new("--rate") { Description = "requests a second; 40 % of what the whole grid carries by default" };
        Option<string?> from = new(
            "--from") { Description = "vitgrid.dll of another build to begin with: roll then replaces it, the api too" };
        Command command = new("failures",
            "steady load on Redis, an api and three workers while something breaks. Example: vitgrid-loadtest failures --experiment "
                + "kill-middle --experiment roll")
        {
            server, images, brief, names, rate, from, results,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            FailureOptions options = new(
                parsed.GetValue(server)!, parsed.GetValue(images)!, Chosen(parsed.GetValue(names), parsed.GetValue(brief)),
                parsed.GetValue(rate), parsed.GetValue(brief) ? Pace.Short : Pace.Full, Logs, parsed.GetValue(from));
            using FailureRun run = new(options, Console.Error);
            string line = $"vitgrid-loadtest {string.Join(' ', Environment.GetCommandLineArgs()[1..])}";
            FailureReport report = await run.RunAsync(line, cancellation);
            string text = string.Join(Environment.NewLine, report.Lines(Machine.Line()));
            Console.WriteLine(text);
            if (parsed.GetValue(results) is { } file)
                await File.AppendAllTextAsync(file, text + Environment.NewLine, cancellation);
            return report.Passed ? 0 : 1;
        });
        return command;
    }

    private static IReadOnlyList<string> Chosen(string[]? named, bool brief) =>
        named is { Length: > 0 } ? named : brief ? Experiments.Short : [.. Experiments.All.Select(experiment => experiment.Name)];
}
