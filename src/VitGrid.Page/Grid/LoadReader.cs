using VitGrid.Cluster.Administration;
using VitGrid.Engine.Replica;

namespace VitGrid.Page.Grid;

/// <summary>Turns what workers report in all into parts of the time, and rates, since they last did. One owner.</summary>
internal sealed class LoadReader
{
    private readonly Dictionary<string, (double At, IReadOnlyList<StageActivity> Stages)> _last = [];
    private readonly Dictionary<(string Node, string Model, int Replica, long Epoch, int Segment), (double Ratio, FlowRate In)> _rates = [];

    /// <summary>The loads of the segments; a worker that has not reported anew keeps its last one.</summary>
    public IReadOnlyList<StageLoad> Read(IReadOnlyList<WorkerActivity> workers)
    {
        foreach (string gone in _last.Keys.Except(workers.Select(worker => worker.Node)).ToArray())
            _last.Remove(gone);
        foreach (var gone in _rates.Keys.Where(key => !_last.ContainsKey(key.Node)).ToArray())
            _rates.Remove(gone);
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
        // Two reports may follow each other at once; a rate of so short a time says nothing.
        bool isNew = before is not { } known || worker.At - known.At >= 0.5;
        foreach (StageActivity stage in worker.Stages)
        {
            var key = (worker.Node, stage.Model, stage.Replica, stage.Epoch, stage.Segment);
            if (isNew && before is { } earlier)
                _rates[key] = Since(earlier.Stages.FirstOrDefault(other => IsSame(other, stage)), stage, worker.At - earlier.At);
            (double ratio, FlowRate flow) = _rates.GetValueOrDefault(key);
            yield return new(worker.Node, stage.Model, stage.Replica, stage.Epoch, stage.Segment, ratio, stage.InFlight) { In = flow };
        }
        if (isNew)
            _last[worker.Node] = (worker.At, worker.Stages);
    }

    /// <summary>A stage that was not there before has been loaded since.</summary>
    private static (double Ratio, FlowRate In) Since(StageActivity? before, StageActivity stage, double seconds)
    {
        StageFlow old = before?.Flow ?? default;
        return (
            Math.Clamp((stage.Busy - (before?.Busy ?? 0)) / seconds, 0, 1),
            new((stage.Flow.Batches - old.Batches) / seconds, (stage.Flow.Images - old.Images) / seconds,
                (stage.Flow.Bytes - old.Bytes) / seconds));
    }

    private static bool IsSame(StageActivity one, StageActivity other) =>
        one.Model == other.Model && one.Replica == other.Replica && one.Epoch == other.Epoch && one.Segment == other.Segment;
}
