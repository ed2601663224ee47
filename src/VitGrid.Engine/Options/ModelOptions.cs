using VitGrid.Model.Segments;
using VitGrid.Settings;

namespace VitGrid.Engine.Options;

/// <summary>One model to serve, where it lies.</summary>
public sealed record ModelOptions
{
    /// <summary>Most segments that may be asked for.</summary>
    public const int MaxSegments = 1_000;

    /// <summary>Most replicas that may be asked for.</summary>
    public const int MaxReplicas = 10_000;

    /// <summary>The name clients use.</summary>
    [Setting("the name clients use", Form = "a name that is not blank", Accepts = nameof(IsName))]
    public required string Name { get; init; }

    /// <summary>Folder of the checkpoint.</summary>
    public required string Directory { get; init; }

    /// <summary>Arithmetic; fp32 is what a CPU runs fastest without loss.</summary>
    public Precision Precision { get; init; } = Precision.Fp32;

    /// <summary>Pipeline segments; 0 takes the fewest that fit the devices. At most the model's depth.</summary>
    [Setting("pipeline segments", Unit = "segments", Min = 0, Max = MaxSegments)]
    public int Segments { get; init; }

    /// <summary>Replicas in the grid; 0: as many as its devices hold usefully.</summary>
    [Setting("replicas in the grid", Unit = "replicas", Min = 0, Max = MaxReplicas)]
    public int Replicas { get; init; }

    /// <summary>Preprocessing profile; null takes the checkpoint's own.</summary>
    public string? Preprocess { get; init; }

    private static bool IsName(string text) => !string.IsNullOrWhiteSpace(text);
}
