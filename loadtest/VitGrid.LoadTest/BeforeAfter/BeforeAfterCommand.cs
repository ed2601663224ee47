using System.CommandLine;
using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.LoadTest.BeforeAfter;

/// <summary><c>before-after</c>: benchmarks of two builds, taking turns in one run.</summary>
internal static class BeforeAfterCommand
{
    /// <summary>The command with its options.</summary>
    public static Command Create(Option<string?> results)
    {
        Option<string> before = new("--before") { Description = "checkout of the older commit, built in Release", Required = true };
        Option<string> after = new("--after") { Description = "checkout compared with it, built too", DefaultValueFactory = _ => "." };
        Option<int> rounds = new("--rounds") { Description = "turns of each build in each scene", DefaultValueFactory = _ => 7 };
        Option<string[]> names = new("--scene") { Description = "this benchmark only; may be repeated" };
        names.AcceptOnlyFromAmong([.. BenchmarkScene.All.Select(scene => scene.Name)]);
        Command command = new("before-after", "benchmarks of two builds, taking turns in one run")
        {
            before, after, rounds, names, results,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            (Build old, Build present) = (Build.Open(parsed.GetValue(before)!), Build.Open(parsed.GetValue(after)!));
            IEnumerable<BenchmarkScene> scenes = parsed.GetValue(names) is { Length: > 0 } chosen
                ? BenchmarkScene.All.Where(scene => chosen.Contains(scene.Name))
                : BenchmarkScene.All;
            BeforeAfterRun run = new(old, present, Console.Error);
            IReadOnlyList<Comparison> comparisons = await run.RunAsync(scenes, parsed.GetValue(rounds), cancellationToken);
            string commits = $"{await old.CommitAsync(cancellationToken)} before, {await present.CommitAsync(cancellationToken)} after";
            IEnumerable<string> rows = comparisons.Select(comparison => comparison.Row());
            IEnumerable<string> failed = run.Failed.Select(fault => $"- repeated after a fault: {fault}");
            string text = string.Join(Environment.NewLine, [.. Head(commits, parsed.GetValue(rounds)), .. rows, "", .. failed, ""]);
            await Console.Out.WriteAsync(text);
            if (parsed.GetValue(results) is { } file)
                await File.AppendAllTextAsync(file, text, cancellationToken);
            return comparisons.All(comparison => comparison.Holds) ? 0 : 1;
        });
        return command;
    }

    private static string[] Head(string commits, int rounds) =>
    [
        "```", Machine.Line(), $"vitgrid-loadtest {string.Join(' ', Environment.GetCommandLineArgs()[1..])}", commits, "```", "",
        Text($"{rounds} rounds; in each the two builds run one right after the other, and who begins changes. Ratios: after / before,"),
        Text($"median (lowest to highest). Held: the median of the rates' ratio is at least {Comparison.Wanted}."), "",
        "| scene | figure | before | after | ratio of rates | the same beside the bare peer of each run | |",
        "|---|---|---|---|---|---|---|",
    ];
}
