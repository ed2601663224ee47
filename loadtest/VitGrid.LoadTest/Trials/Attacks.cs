using VitGrid.LoadTest.Bench;
using VitGrid.LoadTest.Load;
using VitGrid.LoadTest.Reports;
using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.LoadTest.Trials;

/// <summary>What one client feels while another, who has a key or not, does its worst to the server.</summary>
/// <param name="Key">Of the client that counts.</param>
/// <param name="AttackerKey">Of the other.</param>
/// <param name="Bombs">Folder of images that cost out of all proportion.</param>
internal sealed record Attacks(string Key, string AttackerKey, string Bombs)
{
    private const double Part = 0.1, SlowerAtMost = 3;

    private static readonly TimeSpan Short = TimeSpan.FromSeconds(3);

    /// <summary>Runs each, after the client alone.</summary>
    public async Task<(IReadOnlyList<string> Lines, IReadOnlyList<Check> Checks)> RunAsync(
        LoadedServer server, BenchOptions options, CancellationToken cancellationToken)
    {
        BenchOptions own = options with { Headers = [new("Authorization", $"Bearer {Key}")] };
        double rate = await server.CapacityAsync(own, Short, cancellationToken) * Part;
        own = own with { Rates = [rate], Process = ArrivalProcess.Poisson };
        using AttackTarget target = new(new Uri(server.Address, "?cache=bypass"), AttackerKey);
        List<string> lines =
        [
            "| attack | p99 alone ms | p99 during it ms | ratio | longest ms | not answered | the attacker was told | MiB, largest |",
            "|---|---|---|---|---|---|---|---|",
        ];
        List<Check> checks = [];
        foreach (Attack attack in Attack.All(Bombs))
        {
            StepReport alone = (await server.RunAsync("alone", own, cancellationToken)).Steps[0];
            (StepReport during, string said) = await DuringAsync(attack, target, server, own, cancellationToken);
            double ratio = during.LatencyMs.P99 / alone.LatencyMs.P99;
            int missing = during.Sent - during.Answered;
            lines.Add(Text($"| {attack.Name}, {attack.Connections} at once | {alone.LatencyMs.P99:0.0} | {during.LatencyMs.P99:0.0} | ")
                + Text($"{ratio:0.00} | {during.LatencyMs.Max:0} | {missing} of {during.Sent} | {said} | {server.LargestMebibytes:0} |"));
            string what = Text($"p99 of {rate:0.#} requests/s during '{attack.Name}', of its value alone");
            checks.Add(Check.AtMost(what, ratio, SlowerAtMost, ""));
            checks.Add(Check.AtMost($"requests not answered during '{attack.Name}'", missing, 0, "requests"));
        }
        return (lines, checks);
    }

    private static async Task<(StepReport During, string Said)> DuringAsync(
        Attack attack, AttackTarget target, LoadedServer server, BenchOptions own, CancellationToken cancellationToken)
    {
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task watching = server.WatchMemoryAsync(over.Token);
        Task<IReadOnlyDictionary<string, int>> attacking = attack.RunAsync(target, over.Token);
        StepReport during = (await server.RunAsync(attack.Name, own, cancellationToken)).Steps[0];
        await over.CancelAsync();
        await watching;
        return (during, string.Join(", ", (await attacking).OrderBy(answer => answer.Key, StringComparer.Ordinal)
            .Select(answer => Text($"{answer.Key} × {answer.Value}"))));
    }
}
