using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Models;

namespace VitGrid.Cluster.Administration;

/// <summary>Whether a process may be given work, and if not, what it waits for.</summary>
/// <param name="WaitsFor">What is missing, one thing an entry; a process may be ready although something is.</param>
/// <param name="Failed">It is not ready because something failed: waiting alone may not help.</param>
public sealed record GridReadiness(IReadOnlyList<string> WaitsFor, bool Failed = false)
{
    /// <summary>It may be given work. Unless told otherwise, that is when nothing is missing.</summary>
    public bool IsReady { get; init; } = WaitsFor.Count == 0;

    /// <summary>A process that answers requests: at least one of its models does. What the others lack is told.</summary>
    public static GridReadiness FromModels(IReadOnlyList<ModelInfo> models) => FromFrontEnd(models, _ => true);

    /// <summary>The same, of which a model also needs a replica in reach.</summary>
    /// <param name="models">Those it serves, served or was told to serve.</param>
    /// <param name="isReached">Whether a replica of the model serves that this process reaches now.</param>
    internal static GridReadiness FromFrontEnd(IReadOnlyList<ModelInfo> models, Func<ModelInfo, bool> isReached)
    {
        ArgumentNullException.ThrowIfNull(models);
        if (models.Count == 0)
            return new(["a model: no worker serves one"]);
        bool ready = models.Any(model => model.State == ModelState.Ready && isReached(model));
        bool failed = !ready && models.Any(model => model.State == ModelState.Failed);
        return new([.. models.Select(model => Describe(model, isReached)).OfType<string>()], failed) { IsReady = ready };
    }

    /// <summary>This and <paramref name="other"/> together.</summary>
    public GridReadiness And(GridReadiness other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new([.. WaitsFor, .. other.WaitsFor], Failed || other.Failed) { IsReady = IsReady && other.IsReady };
    }

    /// <summary>
    /// A process that computes: its models' weights are known, the planner has heard of it, what it was given is loaded, and it is not to
    /// leave. A worker that was given nothing is ready.
    /// </summary>
    /// <param name="preparing">Models whose weights are still being read.</param>
    /// <param name="faults">Models that could not be read.</param>
    /// <param name="stages">Its stages.</param>
    /// <param name="row">It in the table; null when it is not there.</param>
    internal static GridReadiness OfWorker(
        IEnumerable<string> preparing, IReadOnlyCollection<ModelFault> faults, IReadOnlyCollection<StageReport> stages, NodeRow? row) =>
            new(
        [
            .. preparing.Select(model => $"model {model}: its weights are being read"),
            .. faults.Select(fault => $"model {fault.Model}: its weights cannot be read: {fault.Message}"),
            .. row is null ? ["the table: the planner has not taken this worker up yet"] : Array.Empty<string>(),
            .. row is { Leaving: true } ? ["nothing: this worker was asked to leave"] : Array.Empty<string>(),
            .. stages.Where(stage => stage.State != StageState.Ready).Select(Describe),
        ],
        faults.Count > 0 || stages.Any(stage => stage.State == StageState.Failed));

    /// <summary>
    /// A process's devices: what is wrong with each is told; it is ready while one of them, or none that it has, gets images.
    /// </summary>
    public static GridReadiness FromDevices(IReadOnlyCollection<Runtime.Health.DeviceStatus> devices)
    {
        ArgumentNullException.ThrowIfNull(devices);
        return new([.. devices.Where(device => device.Illness is not null).Select(
            device => $"device {device.Device}: it is {SickDevice.StateNameOf(device.State)}: {device.Illness!.Reason}")])
        {
            IsReady = devices.Count == 0 || devices.Any(device => device.Serves),
        };
    }

    private static string? Describe(ModelInfo model, Func<ModelInfo, bool> isReached) => model.State switch
    {
        ModelState.Failed => $"model {model.Name}: it failed{Because(model)}",
        ModelState.Loading => $"model {model.Name}: it is loading{Because(model)}",
        ModelState.Absent => $"model {model.Name}: it is not served{Because(model)}",
        _ => isReached(model) ? null : $"model {model.Name}: no replica of it serves that this process reaches",
    };

    private static string Because(ModelInfo model) => model.Failure is { } reason ? $": {reason}" : "";

    private static string Describe(StageReport stage) => stage.State == StageState.Failed
        ? $"stage {stage.Key}: it could not be loaded: {stage.Problem}"
        : $"stage {stage.Key}: it is loading";
}
