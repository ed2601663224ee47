using System.Collections.Immutable;

namespace VitGrid.Model.Segments;

/// <summary>
/// Cuts an encoder over devices: contiguous runs of blocks, each device's memory respected, the busiest device as little busy as possible.
/// Pure: the same request gives the same plan.
/// </summary>
public static class SegmentPlanner
{
    /// <summary>
    /// The plan for <paramref name="request"/>. With fewer segments than devices some devices stay idle; with more, neighbouring
    /// segments share a device. When no cut fits, the plan with the smallest shortage is returned and says what is short.
    /// </summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names it, its value and the range.</exception>
    public static SegmentPlan Plan(SegmentPlanRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        Check(request);
        if (request.Segments > 0)
            return Cut(request, request.Segments);

        int most = Math.Min(request.Devices.Count, request.Costs.Depth);
        return Enumerable.Range(1, most).Select(count => Cut(request, count)).FirstOrDefault(plan => plan.Fits) ?? Cut(request, most);
    }

    private static void Check(SegmentPlanRequest request)
    {
        if (request.Devices.Count == 0)
            throw new ArgumentException("a plan needs at least one device", nameof(request));
        if (request.Segments < 0 || request.Segments > request.Costs.Depth)
        {
            throw new ArgumentException(
                $"segments is {request.Segments}; it must be 0–{request.Costs.Depth}, the number of blocks", nameof(request));
        }
        if (request.BatchSize < 1)
            throw new ArgumentException($"batch size is {request.BatchSize}; it must be at least 1", nameof(request));
        if (request.Devices.FirstOrDefault(device => !(device.Speed > 0)) is { } still)
            throw new ArgumentException($"speed of {still.Name} is {still.Speed}; it must be above 0", nameof(request));
    }

    private static SegmentPlan Cut(SegmentPlanRequest request, int count)
    {
        DeviceCut cut = new(request);
        ImmutableArray<DeviceRun> runs = cut.Solve(count);
        return new([.. runs.SelectMany(run => Split(cut, run))], runs.Max(run => cut.Load(run.Device, run.Blocks)));
    }

    private static IEnumerable<PlannedSegment> Split(DeviceCut cut, DeviceRun run)
    {
        PlanDevice device = cut.Request.Devices[run.Device];
        long shortage = cut.Shortage(run.Device, run.Blocks);
        for (int i = 0; i < run.Segments; i++)
        {
            int first = run.Blocks.First + (run.Blocks.Count * i / run.Segments);
            int end = run.Blocks.First + (run.Blocks.Count * (i + 1) / run.Segments);
            BlockRange blocks = new(first, end - first);
            yield return new(
                blocks, device.Name, cut.Stage.WeightBytes(blocks), cut.Stage.ActivationBytes, cut.Stage.Flops(blocks), shortage);
        }
    }
}
