using System.Collections.Immutable;

namespace VitGrid.Model.Segments;

/// <summary>A device as the planner sees it.</summary>
/// <param name="Name">Its name, e.g. <c>cuda:0</c>.</param>
/// <param name="MemoryBytes">Memory for weights and activations, in bytes; null means not bounded.</param>
/// <param name="Speed">Speed in any unit common to all devices of a plan (FLOP/s, or 1 each when unknown); above zero.</param>
public sealed record PlanDevice(string Name, long? MemoryBytes = null, double Speed = 1);

/// <summary>What the planner is asked.</summary>
public sealed record SegmentPlanRequest
{
    /// <summary>The encoder's costs.</summary>
    public required EncoderCosts Costs { get; init; }

    /// <summary>The devices, in the order in which the pipeline may use them; at least one.</summary>
    public required IReadOnlyList<PlanDevice> Devices { get; init; }

    /// <summary>Segments to cut into, 1–depth; 0 takes the fewest that fit, at most one a device.</summary>
    public int Segments { get; init; }

    /// <summary>Arithmetic, which decides the bytes of a weight.</summary>
    public Precision Precision { get; init; }

    /// <summary>What hidden states are computed in, which decides the bytes of an activation.</summary>
    public ActivationType Compute { get; init; }

    /// <summary>Images in one batch, for the activations; at least 1.</summary>
    public int BatchSize { get; init; } = 1;
}

/// <summary>One segment of a plan.</summary>
/// <param name="Blocks">The blocks it holds; the first segment also embeds the patches.</param>
/// <param name="Device">Name of its device.</param>
/// <param name="WeightBytes">Bytes of its weights.</param>
/// <param name="ActivationBytes">Bytes its device needs for the activations of one batch.</param>
/// <param name="Flops">FLOP for one image.</param>
/// <param name="ShortBytes">Bytes its device lacks for all it is given; 0 when everything fits.</param>
public sealed record PlannedSegment(
    BlockRange Blocks, string Device, long WeightBytes, long ActivationBytes, double Flops, long ShortBytes);

/// <summary>How an encoder's blocks are cut over devices.</summary>
/// <param name="Segments">The segments, in the order an image passes them.</param>
/// <param name="SlowestStage">Work of the busiest device divided by its speed: seconds an image when speeds are in FLOP/s.</param>
public sealed record SegmentPlan(ImmutableArray<PlannedSegment> Segments, double SlowestStage)
{
    /// <summary>Whether every device holds what it is given.</summary>
    public bool Fits => Segments.All(segment => segment.ShortBytes == 0);

    /// <summary>What does not fit, by how much and what to do, one sentence a device; empty when <see cref="Fits"/>.</summary>
    public IEnumerable<string> Shortages => Segments
        .Where(segment => segment.ShortBytes > 0)
        .GroupBy(segment => segment.Device)
        .Select(device => $"{device.Key} is short by {device.First().ShortBytes} bytes for blocks {device.First().Blocks.First}.."
            + $"{device.Last().Blocks.End - 1} (weights {device.Sum(segment => segment.WeightBytes)}, activations "
            + $"{device.First().ActivationBytes}); "
            + "give it more memory, name more devices, or lower the precision or the batch size");
}
