using FsCheck;
using FsCheck.Fluent;
using VitGrid.Cluster.Planning;
using VitGrid.Model.Segments;

namespace VitGrid.Cluster.Tests.Planning;

/// <summary>Models, devices, and a plan made for other devices before.</summary>
internal sealed record PlannedGrid(GridModel[] Models, GridDevice[] Devices)
{
    public override string ToString() =>
        string.Join("; ", Models.Select(
            model => $"{model.Name}: depth {model.Costs.Depth}, segments {model.Segments}, replicas {model.Replicas}"))
        + " on " + string.Join("; ", Devices.Select(
            device => $"{device.Machine}/{device.Node}/{device.Name} {device.MemoryBytes} "
                + $"x{device.Speed}{(device.Leaving ? " leaving" : "")} "
                + $"{(device.Models is null ? "" : $"only [{string.Join('+', device.Models)}]")}"));
}

/// <summary>Makes grids to plan.</summary>
internal static class PlannedGrids
{
    /// <summary>
    /// A model of <paramref name="depth"/> blocks of 40 bytes and one FLOP each, an embedding stage of 20 bytes, and 10 bytes of
    /// activations.
    /// </summary>
    public static GridModel Encoder(string name, int depth, int segments = 0, int replicas = 0) => new()
    {
        Name = name,
        Costs = new() { Depth = depth, EmbeddingFlops = 0, BlockFlops = 1, EmbeddingParameters = 10, BlockParameters = 20,
            ActivationElements = 5 },
        Precision = Precision.Bf16,
        Compute = ActivationType.BFloat16,
        Segments = segments,
        Replicas = replicas,
        BatchSize = 1,
    };

    /// <summary>Bytes a device needs for <paramref name="blocks"/> blocks and the embedding stage.</summary>
    public static long Room(int blocks) => (blocks * 40) + 20 + 10;

    public static GridDevice Device(string node, long? memory, double speed = 1, string? machine = null, string name = "cuda:0") =>
        new() { Node = node, Name = name, Machine = machine ?? node, MemoryBytes = memory, Speed = speed };

    /// <summary>A line for each replica: its model and number, and its segments' blocks and nodes.</summary>
    public static IEnumerable<string> Show(ClusterPlan plan) => plan.Replicas.Select(Show);

    public static string Show(PlacedReplica replica) =>
        $"{replica.Model}/{replica.Replica}: {string.Join(' ', replica.Segments.Select(segment => $"{segment.Blocks}@{segment.Node}"))}";

    public static Arbitrary<PlannedGrid> Any() => Grids(4, 9).ToArbitrary();

    public static Arbitrary<PlannedGrid> OfOneModel() => Grids(1, 9).ToArbitrary();

    private static Gen<PlannedGrid> Grids(int maxModels, int maxDevices) =>
        from models in Models(maxModels)
        from count in Gen.Choose(1, maxDevices)
        from devices in Gen.ArrayOf(DeviceOf(models), count)
        select new PlannedGrid(models, [.. devices.Select((device, i) => device with { Node = $"n{i}" })]);

    private static Gen<GridModel[]> Models(int most) =>
        from count in Gen.Choose(1, most)
        from models in Gen.ArrayOf(
            from depth in Gen.Choose(1, 12)
            from segments in Gen.Frequency((3, Gen.Constant(0)), (1, Gen.Choose(1, depth)))
            from replicas in Gen.Frequency((3, Gen.Constant(0)), (1, Gen.Choose(1, 4)))
            select Encoder("m", depth, segments, replicas),
            count)
        select models.Select((model, i) => model with { Name = $"m{i}" }).ToArray();

    private static Gen<GridDevice> DeviceOf(GridModel[] models) =>
        from machine in Gen.Choose(0, 3)
        from memory in Gen.Frequency((6, Gen.Choose(40, 560).Select(bytes => (long?)bytes)), (1, Gen.Constant((long?)null)))
        from speed in Gen.Choose(1, 4)
        from leaving in Gen.Frequency((9, Gen.Constant(false)), (1, Gen.Constant(true)))
        from lacks in Gen.Frequency((9, Gen.Constant(-1)), (1, Gen.Choose(0, models.Length - 1)))
        select Device("n", memory, speed, $"machine{machine}") with
        {
            Leaving = leaving,
            Models = lacks < 0 ? null : [.. models.Select(model => model.Name).Where((_, i) => i != lacks)],
        };
}
