using VitGrid.Cluster.Administration;

namespace VitGrid.Page.Grid;

/// <summary>Turns what workers report in all into parts of the time since they last did. One owner.</summary>
internal sealed class LoadReader
{
    private readonly Dictionary<string, (double At, IReadOnlyList<StageActivity> Stages)> _last = [];
    private readonly Dictionary<(string Node, string Model, int Replica, long Epoch, int Segment), double> _ratios = [];

    /// <summary>The loads of the segments; a worker that has not reported anew keeps its last one.</summary>
    public IReadOnlyList<StageLoad> Read(IReadOnlyList<WorkerActivity> workers)
    {
        foreach (string gone in _last.Keys.Except(workers.Select(worker => worker.Node)).ToArray())
            _last.Remove(gone);
        foreach (var gone in _ratios.Keys.Where(key => !_last.ContainsKey(key.Node)).ToArray())
            _ratios.Remove(gone);
        return [.. workers.SelectMany(Read)];
    }

    /// <summary>What waits in all, by model.</summary>
    public static IReadOnlyList<QueueLength> Queues(IReadOnlyList<WorkerActivity> workers) =>
    [
        .. workers.SelectMany(worker => worker.Queues).GroupBy(queue => queue.Model)
            .Select(model => new QueueLength(model.Key, model.Sum(queue => queue.Interactive), model.Sum(queue => queue.Bulk)))
            .OrderBy(queue => queue.Model, StringComparer.Ordinal),
    ];

    private IEnumerable<StageLoad> Read(WorkerActivity worker)
    {
        (double At, IReadOnlyList<StageActivity> Stages)? before = _last.TryGetValue(worker.Node, out var last) ? last : null;
        // Two reports may follow each other at once; a ratio of so short a time says nothing.
        bool isNew = before is not { } known || worker.At - known.At >= 0.5;
        foreach (StageActivity stage in worker.Stages)
        {
            var key = (worker.Node, stage.Model, stage.Replica, stage.Epoch, stage.Segment);
            if (isNew && before is { } earlier)
                _ratios[key] = Math.Clamp((stage.Busy - BusyOf(earlier.Stages, stage)) / (worker.At - earlier.At), 0, 1);
            yield return new(
                worker.Node, stage.Model, stage.Replica, stage.Epoch, stage.Segment, _ratios.GetValueOrDefault(key), stage.InFlight);
        }
        if (isNew)
            _last[worker.Node] = (worker.At, worker.Stages);
    }

    private static double BusyOf(IReadOnlyList<StageActivity> stages, StageActivity stage) => stages.FirstOrDefault(other =>
        other.Model == stage.Model && other.Replica == stage.Replica && other.Epoch == stage.Epoch && other.Segment == stage.Segment)?.Busy
        ?? 0;
}
