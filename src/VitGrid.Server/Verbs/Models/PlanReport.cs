using System.Globalization;
using Spectre.Console;
using VitGrid.Model.Segments;

namespace VitGrid.Server.Verbs.Models;

/// <summary>Prints a segment plan.</summary>
internal static class PlanReport
{
    public static void Print(Terminal terminal, string model, EncoderCosts costs, SegmentPlan plan, double? imagesPerSecond)
    {
        Row[] rows = [.. plan.Segments.Select(RowOf)];
        if (!terminal.OutIsTerminal)
        {
            terminal.Out.WriteLine(JsonLines.Line(new { model, gflop = costs.TotalFlops / 1e9, fits = plan.Fits, imagesPerSecond, segments = rows }));
            return;
        }
        terminal.OutConsole().Write(Draw(rows));
        string rate = imagesPerSecond is { } known ? $"{Amounts.Number(known, 3)} images/s" : "images/s unknown (give --tflops)";
        terminal.Out.WriteLine($"{model}: {Amounts.Number(costs.TotalFlops / 1e9)} GFLOP an image, {Amounts.Count(costs.TotalParameters)} parameters, {rate}");
    }

    private static Row RowOf(PlannedSegment segment) => new(
        segment.Device,
        segment.Blocks.First,
        segment.Blocks.Count,
        segment.WeightBytes,
        segment.ActivationBytes,
        segment.Flops / 1e9,
        segment.ShortBytes);

    private static Table Draw(Row[] rows)
    {
        Table table = new Table().AddColumns("segment", "device", "blocks", "weights", "activations", "GFLOP an image", "fits");
        for (int i = 0; i < rows.Length; i++)
        {
            table.AddRow(
                i.ToString(CultureInfo.InvariantCulture),
                rows[i].Device,
                new BlockRange(rows[i].FirstBlock, rows[i].Blocks).ToString(),
                Amounts.Bytes(rows[i].WeightBytes),
                Amounts.Bytes(rows[i].ActivationBytes),
                Amounts.Number(rows[i].Gflop),
                rows[i].ShortBytes == 0 ? "yes" : $"short by {Amounts.Bytes(rows[i].ShortBytes)}");
        }
        return table;
    }

    private sealed record Row(
        string Device, int FirstBlock, int Blocks, long WeightBytes, long ActivationBytes, double Gflop, long ShortBytes);
}
