using VitGrid.LoadTest.Images;
using VitGrid.Model.Segments;

namespace VitGrid.Benchmarks.Compare;

/// <summary>What is compared.</summary>
internal sealed record CompareQuestion
{
    /// <summary>Folder of the checkpoint.</summary>
    public required string Model { get; init; }

    /// <summary>Arithmetic of VitGrid and of the bare loop; the Node peer is fp32.</summary>
    public required Precision Precision { get; init; }

    /// <summary>Input side in pixels; null: the checkpoint's own.</summary>
    public int? Size { get; init; }

    /// <summary>The images sent.</summary>
    public required IReadOnlyList<ImageKind> Mix { get; init; }

    /// <summary>Images a turn.</summary>
    public required int Count { get; init; }

    /// <summary>How often all take turns.</summary>
    public required int Rounds { get; init; }

    /// <summary>The devices that VitGrid is told, each with a replica; as <c>serve --devices</c> takes them.</summary>
    public required string Devices { get; init; }

    /// <summary>Path of vitgrid.dll.</summary>
    public required string Server { get; init; }

    /// <summary>Folder of the Node peer; null: without it.</summary>
    public string? Peer { get; init; }
}

/// <summary>One way of turning images into vectors.</summary>
/// <param name="Name">How reports call it.</param>
/// <param name="RunAsync">Embeds as many images as a turn has; its argument is the turn's number.</param>
internal sealed record Side(string Name, Func<int, Task> RunAsync);
