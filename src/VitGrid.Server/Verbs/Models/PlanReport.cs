using System.Globalization;
using Spectre.Console;
using VitGrid.Client;
using VitGrid.Model.Segments;
using VitGrid.Server.Api;

namespace VitGrid.Server.Verbs.Models;

/// <summary>Prints a plan.</summary>
internal static class PlanReport
{
    public static void Print(Terminal terminal, string model, PreprocessingDescription preprocessing, EncoderCosts costs, PlanAnswer plan)
    {
        if (!terminal.OutIsTerminal)
        {
            terminal.Out.WriteLine(JsonLines.Line(Json(model, preprocessing, costs, plan)));
            return;
        }
        terminal.OutConsole().Write(Draw(plan.Replicas));
        string rate = plan.ImagesPerSecond is { } known
            ? $"{Amounts.Number(known, 3)} images/s in all" : "images/s unknown (give --tflops)";
        terminal.Out.WriteLine(plan.Reason);
        terminal.Out.WriteLine($"images: {PreprocessingFacts.Line(preprocessing)}");
        terminal.Out.WriteLine($"{model}: {Amounts.Number(costs.TotalFlops / 1e9)} GFLOP an image, {Amounts.Count(costs.TotalParameters)} "
            + $"parameters, {rate}");
    }

    /// <summary><c>segments</c> are those of the first replica.</summary>
    private static object Json(string model, PreprocessingDescription preprocessing, EncoderCosts costs, PlanAnswer plan) => new
    {
        model,
        preprocessing,
        gflop = costs.TotalFlops / 1e9,
        fits = plan.Fits,
        reason = plan.Reason,
        imagesPerSecond = plan.ImagesPerSecond,
        segments = plan.Replicas[0].Segments.Select(RowOf),
        replicas = plan.Fits ? plan.Replicas.Select(
            replica => new { replica.ImagesPerSecond, Segments = replica.Segments.Select(RowOf) }) : [],
        shortages = plan.Shortages,
    };

    private static Row RowOf(PlannedSegment segment) => new(
        segment.Device,
        segment.Blocks.First,
        segment.Blocks.Count,
        segment.WeightBytes,
        segment.ActivationBytes,
        segment.Flops / 1e9,
        segment.ShortBytes);

    private static Table Draw(IReadOnlyList<PlannedReplica> replicas)
    {
        Table table = new Table().AddColumns("replica", "device", "blocks", "weights", "activations", "GFLOP", "images/s");
        for (int replica = 0; replica < replicas.Count; replica++)
        {
            for (int i = 0; i < replicas[replica].Segments.Length; i++)
                AddRow(table, replica, i, replicas[replica]);
        }
        return table;
    }

    private static void AddRow(Table table, int number, int index, PlannedReplica replica)
    {
        PlannedSegment segment = replica.Segments[index];
        table.AddRow(
            index == 0 ? number.ToString(CultureInfo.InvariantCulture) : "",
            segment.Device,
            segment.Blocks.ToString(),
            Amounts.Bytes(segment.WeightBytes),
            Amounts.Bytes(segment.ActivationBytes),
            Amounts.Number(segment.Flops / 1e9),
            segment.ShortBytes > 0 ? $"short by {Amounts.Bytes(segment.ShortBytes)}" : index == 0 && replica.ImagesPerSecond is { } rate
                ? Amounts.Number(rate, 3) : "");
    }

    private sealed record Row(
        string Device, int FirstBlock, int Blocks, long WeightBytes, long ActivationBytes, double Gflop, long ShortBytes);
}
