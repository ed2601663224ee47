namespace VitGrid.LoadTest.BeforeAfter;

/// <summary>One rate that a benchmark printed; higher is better.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Rate">In the unit of its scene.</param>
/// <param name="BesideBare">The rate divided by that of the benchmark's bare peer in the same run.</param>
internal sealed record Figure(string Name, double Rate, double BesideBare)
{
    /// <summary>Of the rate; null: its scene's.</summary>
    public string? Unit { get; init; }
}
