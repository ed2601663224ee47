using System.Globalization;
using Spectre.Console;
using VitGrid.Client;
using VitGrid.Model.Segments;
using VitGrid.Server.Api;
using VitGrid.Server.Api.Pages;

namespace VitGrid.Server.Verbs.Models;

/// <summary>Prints a plan.</summary>
internal static class PlanReport
{
    /// <param name="terminal">Where it is printed.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="preprocessing">What becomes of an image.</param>
    /// <param name="costs">The image tower's costs.</param>
    /// <param name="texts">The costs of the text tower beside it, whose memory the plan has; null: there is none.</param>
    /// <param name="plan">The plan.</param>
    public static void Print(
        Terminal terminal, string model, PreprocessingDescription preprocessing, EncoderCosts costs, EncoderCosts? texts, PlanAnswer plan)
    {
        if (!terminal.OutIsTerminal)
        {
            terminal.Out.WriteLine(JsonLines.Line(Json(model, preprocessing, costs, texts, plan)));
            return;
        }
        terminal.OutConsole().Write(Draw(plan.Replicas));
        string rate = plan.ImagesPerSecond is { } known
            ? $"{Amounts.Number(known, 3)} images/s in all" : "images/s unknown (give --tflops)";
        terminal.Out.WriteLine(plan.Reason);
        terminal.Out.WriteLine($"images: {PreprocessingFacts.Line(preprocessing)}");
        terminal.Out.WriteLine($"{model}: {Amounts.Number(costs.TotalFlops / 1e9)} GFLOP an image, {Amounts.Count(costs.TotalParameters)} "
            + $"parameters, {rate}");
        if (texts is not null)
            terminal.Out.WriteLine($"its text tower goes with it: {Amounts.Count(texts.TotalParameters)} parameters, counted above");
    }

    /// <summary>The same by name.</summary>
    public static IEnumerable<ModelFact> Facts(EncoderCosts costs, PlanAnswer plan)
    {
        yield return new("fits", plan.Fits ? "yes" : "no");
        yield return new("why", plan.Reason);
        yield return new("an image", $"{Amounts.Number(costs.TotalFlops / 1e9)} GFLOP");
        yield return new("parameters", Amounts.Count(costs.TotalParameters));
        foreach ((int replica, PlannedReplica planned) in plan.Replicas.Index())
            yield return new($"replica {replica.ToString(CultureInfo.InvariantCulture)}",
                string.Join("; ", planned.Segments.Select(Describe)));
        foreach (string shortage in plan.Shortages)
            yield return new("short", shortage);
    }

    private static string Describe(PlannedSegment segment) => $"blocks {segment.Blocks} on {segment.Device}: weights "
        + $"{Amounts.Bytes(segment.WeightBytes)}, activations {Amounts.Bytes(segment.ActivationBytes)}"
        + (segment.ShortBytes > 0 ? $", short by {Amounts.Bytes(segment.ShortBytes)}" : "");

    /// <summary><c>segments</c> are those of the first replica.</summary>
    private static object Json(
        string model, PreprocessingDescription preprocessing, EncoderCosts costs, EncoderCosts? texts, PlanAnswer plan) => new
    {
        model,
        preprocessing,
        gflop = costs.TotalFlops / 1e9,
        textTowerParameters = texts?.TotalParameters,
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
