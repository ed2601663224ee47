using System.Globalization;
using VitGrid.Benchmarks.Simulation;
using VitGrid.Cluster.Planning;

namespace VitGrid.Benchmarks;

/// <summary>Grids of 10, 100, … cards in virtual time, and what the planner costs in CPU time, best of ten.</summary>
internal static class SimulationBenchmark
{
    public static IEnumerable<string> Run(int largest, double seconds)
    {
        yield return "| devices | load | faults | images/s | of linear | answered | lost | twice | refused | run again | stale, refused | "
            + "longest gap s | longest wait s | slowest plan ms of CPU |";
        yield return "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|";
        (double? Load, bool Faults)[] cases = [(null, false), (null, true), (0.9, false), (0.9, true)];
        foreach ((double? load, bool faults) in cases)
        {
            for (int devices = 10; devices <= largest; devices *= 10)
                yield return Row(devices, load, faults, GridSimulation.Run(new(devices, seconds, load, faults)));
        }
        yield return "";
        yield return "| models | devices | fresh plan ms of CPU | replan after a death ms of CPU |";
        yield return "|---|---|---|---|";
        for (int devices = 10; devices <= largest; devices *= 10)
            yield return PlannerRow(models: 50, devices);
    }

    private static string Row(int devices, double? load, bool faults, SimulationResult result) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {devices} | {(load is { } part ? $"{part:P0}" : "saturating")} | {(faults ? "yes" : "no")} | {result.ImagesPerSecond:F0} | "
            + $"{result.OfLinear:P1} | {result.Answered} | {result.Lost} | {result.AnsweredTwice} | {result.Refused} | {result.Replayed} | "
            + $"{result.StaleAnswers} | {result.LongestGap:F3} | {result.MaxWait:F1} | {result.SlowestPlan.TotalMilliseconds:F1} |");

    private static string PlannerRow(int models, int devices)
    {
        GridModel[] served = [.. Enumerable.Range(0, models).Select(i => SimulatedFleet.Models[i % 2] with { Name = $"model-{i:00}" })];
        GridDevice[] cards = [.. SimulatedFleet.Devices(devices)];
        ClusterPlan plan = ClusterPlanner.Plan(served, cards, null);
        double fresh = Best(() => ClusterPlanner.Plan(served, cards, null)), again = Best(
            () => ClusterPlanner.Plan(served, cards[1..], plan));
        return string.Create(CultureInfo.InvariantCulture, $"| {models} | {devices} | {fresh:F1} | {again:F1} |");
    }

    private static double Best(Action work) => Enumerable.Range(0, 10).Min(_ =>
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        work();
        return (Environment.CpuUsage.TotalTime - before).TotalMilliseconds;
    });
}
