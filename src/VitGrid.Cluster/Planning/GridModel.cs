using VitGrid.Model.Segments;

namespace VitGrid.Cluster.Planning;

/// <summary>A model to be served by the grid.</summary>
public sealed record GridModel
{
    /// <summary>The name clients use.</summary>
    public required string Name { get; init; }

    /// <summary>The model whose devices it shares, replica by replica: a text tower's image tower; null: it is planned by itself.</summary>
    public string? Beside { get; init; }

    /// <summary>Arithmetic and memory of its parts.</summary>
    public required EncoderCosts Costs { get; init; }

    /// <summary>Arithmetic it runs in.</summary>
    public Precision Precision { get; init; }

    /// <summary>What hidden states are computed in.</summary>
    public ActivationType Compute { get; init; }

    /// <summary>Segments of each replica; 0: the fewest that fit.</summary>
    public int Segments { get; init; }

    /// <summary>Replicas; 0: as many as the devices hold usefully.</summary>
    public int Replicas { get; init; }

    /// <summary>Most images in one batch.</summary>
    public int BatchSize { get; init; } = 1;
}
