using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;

namespace VitGrid.Server.Api.Pages;

/// <summary>The models in this machine's folders, as <c>vitgrid models list</c> finds them; listed anew when somebody asks.</summary>
/// <param name="List">Lists them.</param>
internal sealed record DiskModels(Func<IReadOnlyList<DiskModel>> List)
{
    /// <summary>Reads a listed model whole, as <c>vitgrid models verify</c> does.</summary>
    public Func<string, CancellationToken, IReadOnlyList<ModelFact>> Verify { get; init; } = (_, _) => [];

    /// <summary>Plans a listed model on devices, as <c>vitgrid models plan</c> does; measures nothing.</summary>
    public Func<string, IReadOnlyList<DeviceSpec>, Precision, IReadOnlyList<ModelFact>> Plan { get; init; } = (_, _, _) => [];

    /// <summary>The forms of models that devices compute here, and that can be measured.</summary>
    public Func<IReadOnlyList<DeviceSpec>, IReadOnlyList<string>> Forms { get; init; } = _ => [];

    /// <summary>Measures a listed model's speed and accuracy in a form.</summary>
    public Func<string, IReadOnlyList<DeviceSpec>, Precision, CancellationToken, MeasuredForm> Measure { get; init; } =
        (_, _, _, _) => throw new NotSupportedException("this process measures no models");

    /// <summary>Whether a text is a model's id on the hub.</summary>
    public Func<string, bool> IsHubId { get; init; } = _ => false;

    /// <summary>Fetches a model, as <c>vitgrid models pull</c> does; null: this process was not started with <c>--pull</c>.</summary>
    public PullModel? Pull { get; init; }
}

/// <summary>Something that is told of a model.</summary>
internal sealed record ModelFact(string Name, string Value);

/// <summary>A model in a folder.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Origin">Bundled, imported, or of a hub's cache.</param>
/// <param name="Directory">The folder.</param>
/// <param name="Architecture">Family, size and precision; null where it cannot be read.</param>
/// <param name="Dimensions">Numbers of a vector.</param>
/// <param name="Bytes">Of its weights.</param>
/// <param name="Error">Why it cannot be read; null where it can.</param>
internal sealed record DiskModel(
    string Name, string Origin, string Directory, string? Architecture, int? Dimensions, long? Bytes, string? Error);
