using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using VitGrid.Model.Segments;

namespace VitGrid.Model.Tests.Segments;

public sealed class SegmentPlannerTests
{
    private static readonly EncoderCosts Costs = new()
    {
        Depth = 24, EmbeddingFlops = 1, BlockFlops = 10, EmbeddingParameters = 5, BlockParameters = 25, ActivationElements = 10,
    };

    [Property]
    public Property Every_block_stands_once_and_in_order() => Prop.ForAll(Requests(), request =>
    {
        int next = 0;
        foreach (PlannedSegment segment in SegmentPlanner.Plan(request).Segments)
        {
            Assert.Equal(next, segment.Blocks.First);
            Assert.True(segment.Blocks.Count >= 1);
            next = segment.Blocks.End;
        }
        Assert.Equal(request.Costs.Depth, next);
    });

    [Property]
    public Property As_many_segments_as_were_asked_for() => Prop.ForAll(Requests(), request =>
    {
        SegmentPlan plan = SegmentPlanner.Plan(request);
        Assert.True(request.Segments == 0 || plan.Segments.Length == request.Segments);
        Assert.True(request.Segments != 0 || plan.Segments.Length <= request.Devices.Count);
    });

    [Property]
    public Property Memory_is_respected_or_the_shortage_is_exact() => Prop.ForAll(Requests(), request =>
    {
        SegmentPlan plan = SegmentPlanner.Plan(request);
        foreach (IGrouping<string, PlannedSegment> device in plan.Segments.GroupBy(segment => segment.Device))
        {
            long need = device.Sum(segment => segment.WeightBytes) + device.First().ActivationBytes;
            long bound = request.Devices.Single(candidate => candidate.Name == device.Key).MemoryBytes ?? long.MaxValue;
            Assert.All(device, segment => Assert.Equal(Math.Max(0, need - bound), segment.ShortBytes));
        }
        Assert.Equal(plan.Fits, !plan.Shortages.Any());
    });

    [Property]
    public Property Never_slower_than_an_even_split_that_fits() => Prop.ForAll(Requests(), request =>
    {
        SegmentPlan plan = SegmentPlanner.Plan(request);
        int count = Math.Min(plan.Segments.Length, request.Devices.Count);
        if (EvenSplit(request, count) is { } even)
        {
            Assert.True(plan.Fits);
            Assert.True(plan.SlowestStage <= even, $"{plan.SlowestStage} is slower than the even split's {even}");
        }
    });

    [Property]
    public Property The_busiest_device_is_as_idle_as_any_other_cut_allows() => Prop.ForAll(SmallRequests(), request =>
    {
        SegmentPlan plan = SegmentPlanner.Plan(request);
        double best = EveryCut(request).DefaultIfEmpty(double.PositiveInfinity).Min();
        Assert.Equal(plan.Fits, double.IsFinite(best));
        if (plan.Fits)
            Assert.Equal(best, plan.SlowestStage, 1e-9);
    });

    [Property]
    public Property The_same_request_gives_the_same_plan() => Prop.ForAll(Requests(), request =>
    {
        Assert.Equal(SegmentPlanner.Plan(request).Segments.AsEnumerable(), SegmentPlanner.Plan(request).Segments);
    });

    [Fact]
    public void The_fewest_segments_that_fit_are_taken()
    {
        long half = (((13 * 25) + 5) * 4) + 40;
        SegmentPlanRequest request = new() { Costs = Costs, Devices = [new("a", half), new("b", half), new("c", half)] };

        Assert.Equal(2, SegmentPlanner.Plan(request).Segments.Length);
    }

    [Fact]
    public void A_device_twice_as_fast_gets_twice_the_blocks()
    {
        SegmentPlanRequest request = new() { Costs = Costs, Segments = 2, Devices = [new("slow", null, 1), new("fast", null, 2)] };

        Assert.Equal([8, 16], SegmentPlanner.Plan(request).Segments.Select(segment => segment.Blocks.Count));
    }

    [Fact]
    public void A_device_too_small_for_a_block_is_passed_over()
    {
        SegmentPlanRequest request = new() { Costs = Costs, Segments = 2, Devices = [new("a"), new("tiny", 50), new("c")] };

        Assert.Equal(["a", "c"], SegmentPlanner.Plan(request).Segments.Select(segment => segment.Device));
    }

    [Fact]
    public void What_cannot_fit_says_which_device_lacks_how_much()
    {
        SegmentPlanRequest request = new() { Costs = Costs, Devices = [new("cuda:0", 1_000)] };

        SegmentPlan plan = SegmentPlanner.Plan(request);

        Assert.False(plan.Fits);
        Assert.Contains("cuda:0 is short by 1460 bytes for blocks 0..23", Assert.Single(plan.Shortages), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(25, 1)]
    [InlineData(-1, 1)]
    [InlineData(1, 0)]
    public void Values_out_of_range_are_refused(int segments, int batch)
    {
        SegmentPlanRequest request = new() { Costs = Costs, Devices = [new("a")], Segments = segments, BatchSize = batch };

        Assert.Throws<ArgumentException>(() => SegmentPlanner.Plan(request));
    }

    private static Arbitrary<SegmentPlanRequest> Requests() => RequestsUpTo(48, 6).ToArbitrary();

    private static Arbitrary<SegmentPlanRequest> SmallRequests() =>
        RequestsUpTo(7, 3).Where(request => request.Segments > 0 && request.Segments <= request.Devices.Count).ToArbitrary();

    private static Gen<SegmentPlanRequest> RequestsUpTo(int deepest, int maxDevices) =>
        from depth in Gen.Choose(1, deepest)
        from count in Gen.Choose(1, maxDevices)
        from memory in Gen.Choose(100, 6_000).ListOf(count)
        from bounded in Gen.Elements(true, false).ListOf(count)
        from speeds in Gen.Choose(1, 5).ListOf(count)
        from segments in Gen.Choose(0, depth)
        select new SegmentPlanRequest
        {
            Costs = Costs with { Depth = depth },
            Segments = segments,
            Devices = [.. Enumerable.Range(0, count).Select(i => new PlanDevice($"cpu:{i}", bounded[i] ? memory[i] : null, speeds[i]))],
        };

    private static double? EvenSplit(SegmentPlanRequest request, int count)
    {
        int depth = request.Costs.Depth;
        IEnumerable<BlockRange> runs = Enumerable.Range(0, count)
            .Select(i => new BlockRange(depth * i / count, (depth * (i + 1) / count) - (depth * i / count)));
        return Enumerable.Range(0, count).Any(i => depth * (i + 1) / count - (depth * i / count) < 1 + ((request.Segments - 1) / count))
            ? null
            : Slowest(request, [.. request.Devices.Take(count)], [.. runs]);
    }

    private static IEnumerable<double> EveryCut(SegmentPlanRequest request)
    {
        foreach (PlanDevice[] devices in Subsets(request.Devices, request.Segments))
        {
            foreach (BlockRange[] runs in Compositions(0, request.Costs.Depth, request.Segments))
            {
                if (Slowest(request, devices, runs) is { } time)
                    yield return time;
            }
        }
    }

    private static double? Slowest(SegmentPlanRequest request, PlanDevice[] devices, BlockRange[] runs)
    {
        double slowest = 0;
        for (int i = 0; i < runs.Length; i++)
        {
            bool first = runs[i].First == 0;
            long bytes = ((runs[i].Count * Costs.BlockParameters) + (first ? Costs.EmbeddingParameters : 0) + Costs.ActivationElements) * 4;
            if (bytes > (devices[i].MemoryBytes ?? long.MaxValue))
                return null;
            slowest = Math.Max(slowest, ((runs[i].Count * Costs.BlockFlops) + (first ? Costs.EmbeddingFlops : 0)) / devices[i].Speed);
        }
        return slowest;
    }

    private static IEnumerable<PlanDevice[]> Subsets(IReadOnlyList<PlanDevice> devices, int count) =>
        Enumerable.Range(0, 1 << devices.Count)
            .Where(mask => int.PopCount(mask) == count)
            .Select(mask => devices.Where((_, i) => (mask & (1 << i)) != 0).ToArray());

    private static IEnumerable<BlockRange[]> Compositions(int first, int blocks, int parts)
    {
        if (parts == 1)
            return blocks > 0 ? [[new BlockRange(first, blocks)]] : [];
        return Enumerable.Range(1, Math.Max(0, blocks - 1)).SelectMany(count =>
            Compositions(first + count, blocks - count, parts - 1).Select(rest => (BlockRange[])[new(first, count), .. rest]));
    }
}
