namespace VitGrid.Benchmarks.Simulation;

/// <summary>An image somebody waits for.</summary>
internal sealed class SimulatedImage(int id, double since)
{
    public int Id => id;

    public double Since => since;

    public bool IsAnswered { get; set; }
}

/// <summary>An image at a replica. Whoever runs it again makes a new attempt.</summary>
internal sealed class SimulatedAttempt(SimulatedImage image)
{
    public SimulatedImage Image => image;

    /// <summary>Given up: what still comes of it is stale.</summary>
    public bool IsStale { get; set; }
}
