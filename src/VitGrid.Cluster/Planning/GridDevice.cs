namespace VitGrid.Cluster.Planning;

/// <summary>A device of the grid as the planner sees it. <see cref="Node"/> and <see cref="Name"/> together name it.</summary>
public sealed record GridDevice
{
    /// <summary>The process that owns it; empty where there is only one.</summary>
    public required string Node { get; init; }

    /// <summary>Its name there, e.g. <c>cuda:1</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The machine: devices of one machine are near each other.</summary>
    public required string Machine { get; init; }

    /// <summary>Memory for weights and activations, in bytes; null: not bounded.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>FLOP/s; above zero.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>Its node is being drained: it may go on serving, but nothing is planned on it.</summary>
    public bool Leaving { get; init; }

    /// <summary>Names of the models its node can serve; null: all.</summary>
    public ImmutableHashSet<string>? Models { get; init; }

    /// <summary>Node and name, for messages.</summary>
    public string Label => Node.Length == 0 ? Name : $"{Node}/{Name}";

    /// <summary>Whether a plan may put <paramref name="model"/> here.</summary>
    internal bool MayServe(string model) => !Leaving && (Models?.Contains(model) ?? true);
}
