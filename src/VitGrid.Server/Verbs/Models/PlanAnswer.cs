using System.Collections.Immutable;
using VitGrid.Cluster.Planning;
using VitGrid.Model.Segments;

namespace VitGrid.Server.Verbs.Models;

/// <summary>One replica: its segments, and the images per second to expect; null without speeds.</summary>
internal sealed record PlannedReplica(ImmutableArray<PlannedSegment> Segments, double? ImagesPerSecond);

/// <summary>What <c>models plan</c> answers.</summary>
/// <param name="Replicas">The replicas; when the model does not fit, the one cut that lacks least.</param>
/// <param name="Reason">Why it is replicated, cut, or neither.</param>
/// <param name="Shortages">What does not fit and by how much; empty when all fits.</param>
internal sealed record PlanAnswer(ImmutableArray<PlannedReplica> Replicas, string Reason, ImmutableArray<string> Shortages)
{
    public bool Fits => Shortages.IsEmpty;

    /// <summary>Images a second of all replicas; null without speeds.</summary>
    public double? ImagesPerSecond => Replicas.Sum(replica => replica.ImagesPerSecond) is > 0 and var sum ? sum : null;

    /// <summary>Plans a model of these costs on the devices of <paramref name="question"/>, as the grid does.</summary>
    public static PlanAnswer To(PlanQuestion question, string model, EncoderCosts costs)
    {
        PlanRates rates = new(question);
        GridModel wanted = new()
        {
            Name = model,
            Costs = costs,
            Precision = question.Precision,
            Compute = question.Compute,
            Segments = question.Segments,
            BatchSize = question.Batch,
        };
        GridDevice[] devices = [.. question.Devices.Select(rates.Device)];
        ClusterPlan plan = ClusterPlanner.Plan([wanted], devices, previous: null);
        if (!plan.Shortages.IsEmpty)
            return Lacking(plan, wanted, devices);

        StageCosts stage = new(costs, question.Precision, question.Batch, question.Compute);
        ImmutableArray<PlannedSegment>[] replicas = [.. plan.Replicas.Select(replica => Segments(replica, stage))];
        return new(
            [.. replicas.Select(segments => new PlannedReplica(segments, rates.For(segments, replicas)))], PlanReason.Describe(
                question, stage, replicas, rates), []);
    }

    private static PlanAnswer Lacking(ClusterPlan plan, GridModel wanted, GridDevice[] devices)
    {
        SegmentPlan least = SegmentPlanner.Plan(new()
        {
            Costs = wanted.Costs,
            Devices = [.. devices.Select(device => new PlanDevice(device.Name, device.MemoryBytes, device.Speed))],
            Segments = wanted.Segments,
            Precision = wanted.Precision,
            Compute = wanted.Compute,
            BatchSize = wanted.BatchSize,
        });
        IEnumerable<string> byDevice = least.Shortages.Select(shortage => $"does not fit: {shortage}");
        return new(
            [new(least.Segments, null)], "does not fit; shown is the cut that lacks least", [
                .. plan.Shortages.Select(shortage => shortage.Message), .. byDevice]);
    }

    private static ImmutableArray<PlannedSegment> Segments(PlacedReplica replica, StageCosts stage) =>
    [
        .. replica.Segments.Select(segment => new PlannedSegment(
            segment.Blocks, segment.Device, stage.WeightBytes(segment.Blocks), stage.ActivationBytes, stage.Flops(segment.Blocks), 0)),
    ];
}
