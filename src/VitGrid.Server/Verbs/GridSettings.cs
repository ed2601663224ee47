using VitGrid.Grains.Options;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Devices;
using VitGrid.Server.Verbs.Models;

namespace VitGrid.Server.Verbs;

/// <summary>What the command line says about the grid; what it does not say keeps the grid's defaults.</summary>
internal sealed record GridSettings
{
    public required IReadOnlyList<LocatedModel> Models { get; init; }

    public IReadOnlyList<DeviceSpec>? Devices { get; init; }

    public Precision? Precision { get; init; }

    public int? Segments { get; init; }

    public GridOptions ToOptions()
    {
        GridOptions options = new() { Models = [.. Models.Select(ToOptions)] };
        return Devices is null ? options : options with { Devices = Devices };
    }

    private ModelOptions ToOptions(LocatedModel model) => new()
    {
        Name = model.Name,
        Directory = model.Directory,
        // Full precision is what a CPU runs fastest without loss.
        Precision = Precision ?? VitGrid.Model.Segments.Precision.Fp32,
        Segments = Segments ?? 0,
    };
}
