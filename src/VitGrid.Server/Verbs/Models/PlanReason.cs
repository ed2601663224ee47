using System.Collections.Immutable;
using System.Globalization;
using VitGrid.Model.Segments;

namespace VitGrid.Server.Verbs.Models;

/// <summary>Says why a plan replicates or cuts.</summary>
internal static class PlanReason
{
    public static string Describe(
        PlanQuestion question, StageCosts stage, IReadOnlyCollection<ImmutableArray<PlannedSegment>> replicas, PlanRates rates)
    {
        int segments = replicas.First().Length;
        string counts = $"{Number(replicas.Count, "replica")} of {Number(segments, "segment")}";
        if (question.Segments > 0)
            return $"asked for: {counts}";
        if (segments > 1)
            return $"fits no single device (the largest holds {MaxBlocks(question, stage)} of {stage.Encoder.Depth} blocks): {counts}, "
                + $"the fewest that fit";
        return replicas.Count == 1 ? $"fits one device: {counts}" : $"fits one device: {counts}; {Alternative(stage, replicas, rates)}";
    }

    /// <summary>What one pipeline over the same devices would give instead.</summary>
    private static string Alternative(StageCosts stage, IReadOnlyCollection<ImmutableArray<PlannedSegment>> replicas, PlanRates rates)
    {
        string[] devices = [.. replicas.SelectMany(segments => segments.Select(segment => segment.Device)).Distinct()];
        ImmutableArray<PlannedSegment> pipeline = SegmentPlanner.Plan(new()
        {
            Costs = stage.Encoder,
            Devices = [.. devices.Select(device => new PlanDevice(device, null, rates.SpeedOf(device)))],
            Segments = Math.Min(devices.Length, stage.Encoder.Depth),
            Precision = stage.Precision,
            BatchSize = stage.BatchSize,
            Compute = stage.Compute,
        }).Segments;
        double all = replicas.Sum(segments => rates.Relative(segments, replicas)), piped = rates.Relative(
            pipeline, [pipeline]), less = all - piped;
        if (less <= 1e-9 * all)
            return "a pipeline over them would give no more";
        string amount = rates.AreKnown ? $"{Amounts.Number(less, 3)} images/s" : $"{Amounts.Number(100 * less / all, 2)} %";
        return $"a pipeline over them would give {amount} less";
    }

    private static int MaxBlocks(PlanQuestion question, StageCosts stage) =>
        question.Devices.Max(device => stage.MaxBlocks(device.MemoryBytes, embedding: false));

    private static string Number(int count, string thing) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {thing}{(count == 1 ? "" : "s")}");
}
