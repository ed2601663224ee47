using VitGrid.Cluster.Planning;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;

namespace VitGrid.Benchmarks.Simulation;

/// <summary>
/// The models and cards of the simulation. Costs are those of the 300M and the 6B encoder at 448 pixels in bf16. Cards come in tens: four
/// large ones on a machine, four middling ones on another, two small ones on a third, which hold half of the 6B model each.
/// </summary>
internal static class SimulatedFleet
{
    public static readonly GridModel[] Models =
    [
        Model("internvit-300m-448px", queryBias: true),
        Model("internvit-6b-448px-v2.5", queryBias: false),
    ];

    public static IEnumerable<GridDevice> Devices(int count) => Enumerable.Range(0, count).Select(Device);

    /// <summary>The card of a number: kind and machine follow from it.</summary>
    public static GridDevice Device(int number)
    {
        (string kind, long gibibytes, double speed) = (number % 10) switch
        {
            < 4 => ("large", 80L, 400e12),
            < 8 => ("middling", 24L, 120e12),
            _ => ("small", 8L, 60e12),
        };
        string machine = $"{kind}-{number / 10:0000}";
        return new() { Node = machine, Machine = machine, Name = $"cuda:{number % 10}", MemoryBytes = gibibytes << 30, Speed = speed };
    }

    private static GridModel Model(string name, bool queryBias) => new()
    {
        Name = name,
        BatchSize = 8,
        Precision = Precision.Bf16,
        Compute = ActivationType.BFloat16,
        Costs = EncoderCosts.From(RandomCheckpoint.Architectures[name], InputSize.Square(448), queryBias),
    };
}
