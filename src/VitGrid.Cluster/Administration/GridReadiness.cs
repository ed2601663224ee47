using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Models;

namespace VitGrid.Cluster.Administration;

/// <summary>Whether a process may be given work, and if not, what it waits for.</summary>
/// <param name="WaitsFor">What is missing, one thing an entry; empty when it is ready.</param>
/// <param name="Failed">Something failed: waiting alone may not help.</param>
public sealed record GridReadiness(IReadOnlyList<string> WaitsFor, bool Failed = false)
{
    /// <summary>Nothing is missing.</summary>
    public bool IsReady => WaitsFor.Count == 0;

    /// <summary>A process that answers requests: every model has served.</summary>
    public static GridReadiness OfModels(IReadOnlyList<ModelInfo> models)
    {
        ArgumentNullException.ThrowIfNull(models);
        return models.Count == 0
            ? new(["a model: no worker serves one"])
            : new([.. models.Where(model => model.State != ModelState.Ready).Select(Told)], models.Any(
                model => model.State == ModelState.Failed));
    }

    /// <summary>This and <paramref name="other"/> together.</summary>
    public GridReadiness And(GridReadiness other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new([.. WaitsFor, .. other.WaitsFor], Failed || other.Failed);
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
            .. stages.Where(stage => stage.State != StageState.Ready).Select(Told),
        ],
        faults.Count > 0 || stages.Any(stage => stage.State == StageState.Failed));

    private static string Told(ModelInfo model) =>
        $"model {model.Name}: it {(model.State == ModelState.Failed ? "failed" : "is loading")}{(model.Failure is { } reason ? $": {reason}" : "")}";

    private static string Told(StageReport stage) => stage.State == StageState.Failed
        ? $"stage {stage.Key}: it could not be loaded: {stage.Problem}"
        : $"stage {stage.Key}: it is loading";
}
