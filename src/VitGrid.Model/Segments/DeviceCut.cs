using System.Collections.Immutable;

namespace VitGrid.Model.Segments;

/// <summary>The blocks one device is given, and into how many segments they are split there.</summary>
internal readonly record struct DeviceRun(int Device, BlockRange Blocks, int Segments);

/// <summary>
/// Finds the contiguous cut over devices with the smallest shortage, then the least busy busiest device: dynamic programming over
/// (devices considered, devices used, blocks covered).
/// </summary>
internal sealed class DeviceCut(SegmentPlanRequest request)
{
    private readonly int _depth = request.Costs.Depth;

    public SegmentPlanRequest Request => request;

    public StageCosts Stage { get; } = new(request.Costs, request.Precision, request.BatchSize, request.Compute);

    public double Load(int device, BlockRange blocks) => Stage.Flops(blocks) / request.Devices[device].Speed;

    public long Shortage(int device, BlockRange blocks) =>
        request.Devices[device].MemoryBytes is { } bound ? Math.Max(0, Stage.WeightBytes(blocks) + Stage.ActivationBytes - bound) : 0;

    /// <summary>The best runs for <paramref name="segments"/> segments, in block order.</summary>
    public ImmutableArray<DeviceRun> Solve(int segments)
    {
        int devices = request.Devices.Count, used = Math.Min(segments, devices);
        Step?[,,] best = new Step?[devices + 1, used + 1, _depth + 1];
        best[0, 0, 0] = new(0, 0, 0);
        for (int device = 0; device < devices; device++)
        {
            // Of equal plans the one that uses earlier devices is offered first, and stays.
            for (int rank = used; rank >= 0; rank--)
                Extend(best, device, rank, SegmentsOf(rank, segments, used));
        }
        return Trace(best, segments, used);
    }

    /// <summary>Segments of the device used as number <paramref name="rank"/>: an even share, the earlier ones taking the rest.</summary>
    private static int SegmentsOf(int rank, int segments, int used) => (segments / used) + (rank < segments % used ? 1 : 0);

    private void Extend(Step?[,,] best, int device, int rank, int segmentsHere)
    {
        for (int first = 0; first <= _depth; first++)
        {
            if (best[device, rank, first] is not { } before)
                continue;
            Offer(ref best[device + 1, rank, first], before with { Blocks = 0 });
            if (rank + 1 >= best.GetLength(1))
                continue;
            for (int count = segmentsHere; first + count <= _depth; count++)
            {
                BlockRange blocks = new(first, count);
                Step step = new(
                    Math.Max(before.Shortage, Shortage(device, blocks)), Math.Max(before.Load, Load(device, blocks)), count);
                Offer(ref best[device + 1, rank + 1, first + count], step);
            }
        }
    }

    private static void Offer(ref Step? best, Step candidate)
    {
        if (best is not { } present || (candidate.Shortage, candidate.Load).CompareTo((present.Shortage, present.Load)) < 0)
            best = candidate;
    }

    private ImmutableArray<DeviceRun> Trace(Step?[,,] best, int segments, int used)
    {
        Stack<DeviceRun> runs = [];
        int covered = _depth, rank = used;
        for (int device = request.Devices.Count; device > 0; device--)
        {
            int count = best[device, rank, covered]!.Value.Blocks;
            if (count == 0)
                continue;
            covered -= count;
            rank--;
            runs.Push(new(device - 1, new(covered, count), SegmentsOf(rank, segments, used)));
        }
        return [.. runs];
    }

    /// <summary>
    /// The best way to a state: its shortage in bytes, its busiest device, and the blocks its last device holds (0: skipped).
    /// </summary>
    private readonly record struct Step(long Shortage, double Load, int Blocks);
}
