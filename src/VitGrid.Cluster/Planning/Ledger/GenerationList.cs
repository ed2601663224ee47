using VitGrid.Cluster.Contracts;

namespace VitGrid.Cluster.Planning.Ledger;

/// <summary>The incarnations of all replicas, oldest first, and how they move on. Clock-free, one owner.</summary>
internal sealed class GenerationList
{
    private readonly List<Generation> _all = [];

    public IReadOnlyList<Generation> All => _all;

    /// <summary>Of each replica the incarnation that is to stay.</summary>
    public IEnumerable<Generation> Newest => _all.Where(generation =>
        generation.State != ReplicaState.Retiring && !_all.Any(
            other => other.SameReplica(generation) && other.State != ReplicaState.Retiring && other.Key.Epoch > generation.Key.Epoch));

    public IReadOnlySet<string> Models => _all.Select(generation => generation.Key.Model).ToHashSet();

    public void Begin(PlacedReplica placed, ReplicaLayout layout, TimeSpan now)
    {
        // What was not loaded yet will not be waited for: the plan has moved on.
        _all.RemoveAll(older => older.Key.Model == placed.Model && older.Key.Replica == placed.Replica
            && older.State is ReplicaState.Loading or ReplicaState.Failed);
        _all.Add(new(placed, layout, ReplicaState.Loading, now));
    }

    /// <summary>
    /// Takes over what the workers have loaded whole and this list does not know: a new planner goes on where the old one was.
    /// </summary>
    public void Adopt(WorkerRegistry workers, TimeSpan now)
    {
        IEnumerable<ReplicaLayout> layouts = workers.Reports
            .SelectMany(report => report.Stages).Select(stage => stage.Layout)
            .DistinctBy(layout => layout.Key)
            .Where(layout => !_all.Any(generation => generation.Key == layout.Key))
            .OrderBy(layout => layout.Key.Epoch);
        foreach (ReplicaLayout layout in layouts)
        {
            Generation generation = new(PlacedOf(layout), layout, ReplicaState.Serving, now);
            if (StatesOf(generation, workers).All(state => state == StageState.Ready))
                _all.Add(generation);
        }
        RetireOlder(now);
    }

    /// <summary>Removes incarnations that lost a stage: its process is gone, or has not got it any more.</summary>
    public bool DropBroken(WorkerRegistry workers) =>
        _all.RemoveAll(generation => generation.Layout.Stages.Any(stage => workers.Find(stage.Node.Node) is null)
        || (generation.State is ReplicaState.Serving or ReplicaState.Retiring && StatesOf(generation, workers).Contains(null))) > 0;

    /// <summary>
    /// Takes incarnations out of service of which a device is out, and removes those of which one is lost or that were to go anyhow.
    /// </summary>
    /// <returns>Whether anything was removed.</returns>
    public bool DropSick(WorkerRegistry workers, TimeSpan now)
    {
        for (int i = 0; i < _all.Count; i++)
        {
            if (_all[i].State == ReplicaState.Serving && IsSick(_all[i], workers))
                _all[i] = _all[i].As(ReplicaState.Loading, now) with { IsResting = true };
        }
        return _all.RemoveAll(generation => IsSick(generation, workers)
            && (!generation.IsResting || generation.Layout.Stages.Any(stage => workers.IsLost(stage.Node.Node, stage.Device)))) > 0;
    }

    /// <summary>Removes failed incarnations after a while, so that they are tried again.</summary>
    public bool DropForRetry(TimeSpan now, TimeSpan after) =>
        _all.RemoveAll(generation => generation.State == ReplicaState.Failed && now - generation.Since >= after) > 0;

    /// <summary>Retires what the plan has no place for.</summary>
    public void RetireUnplanned(ClusterPlan plan, TimeSpan now)
    {
        _all.RemoveAll(generation => generation is { State: ReplicaState.Loading or ReplicaState.Failed, IsResting: false }
            && !plan.Replicas.Any(generation.IsFor));
        Change(generation => generation.State == ReplicaState.Serving && !plan.Replicas.Any(
            placed => placed.Model == generation.Key.Model && placed.Replica == generation.Key.Replica), ReplicaState.Retiring, now);
    }

    /// <summary>Moves loading incarnations on as their stages are, and retires what they replace.</summary>
    /// <returns>The models that serve.</returns>
    public IEnumerable<string> Load(WorkerRegistry workers, TimeSpan now)
    {
        for (int i = 0; i < _all.Count; i++)
        {
            if (_all[i].State != ReplicaState.Loading || (_all[i].IsResting && IsSick(_all[i], workers)))
                continue;
            StageReport?[] reports = ReportsOf(_all[i], workers);
            if (reports.FirstOrDefault(report => report?.State == StageState.Failed) is { } failed)
                _all[i] = _all[i].As(ReplicaState.Failed, now, failed.Problem);
            else if (reports.All(report => report?.State == StageState.Ready))
                _all[i] = _all[i].As(ReplicaState.Serving, now) with { IsResting = false };
        }
        RetireOlder(now);
        return _all.Where(generation => generation.State == ReplicaState.Serving).Select(generation => generation.Key.Model).Distinct();
    }

    /// <summary>Takes over the rates of the newest plan.</summary>
    public void Rate(ClusterPlan plan)
    {
        for (int i = 0; i < _all.Count; i++)
            _all[i] = _all[i] with { Placed = plan.Replicas.FirstOrDefault(_all[i].IsFor) ?? _all[i].Placed };
    }

    /// <summary>Whether a device's memory bound does not hold this incarnation beside all that is still there, given up or not.</summary>
    public bool LacksMemory(Generation generation, WorkerRegistry workers) =>
        Exceeds(generation, workers, [.. Listed, .. GivenUp(workers)]);

    /// <summary>Where old and new do not fit side by side, the old one goes first.</summary>
    public void YieldMemory(WorkerRegistry workers, TimeSpan now)
    {
        // What was given up already goes by itself.
        StagePlace[] listed = [.. Listed];
        Generation[] waiting = [
            .. _all.Where(generation => generation.State == ReplicaState.Loading && Exceeds(generation, workers, listed))];
        Change(generation => generation.State == ReplicaState.Serving && waiting.Any(generation.SameReplica), ReplicaState.Retiring, now);
    }

    /// <summary>Removes retired incarnations that hold nothing more, or have had their time.</summary>
    public void DropRetired(WorkerRegistry workers, TimeSpan now, LedgerTimes times) => _all.RemoveAll(generation =>
        generation.State == ReplicaState.Retiring && now - generation.Since >= times.Grace
        && (now - generation.Since >= times.DrainLimit || ReportsOf(generation, workers).All(
            report => report is null || report.InFlight == 0))
        && generation.Layout.Stages.All(stage => workers.HeardAt(stage.Node.Node) - generation.Since >= times.Grace));

    public static ReplicaRow RowOf(Generation generation, WorkerRegistry workers) => new(
        generation.Layout,
        generation.State,
        [.. StatesOf(generation, workers).Select(state => state ?? StageState.Loading)],
        generation.Placed.ImagesPerSecond);

    private static bool IsSick(Generation generation, WorkerRegistry workers) =>
        generation.Layout.Stages.Any(stage => workers.IsOut(stage.Node.Node, stage.Device));

    private static PlacedReplica PlacedOf(ReplicaLayout layout) => new(
        layout.Key.Model,
        layout.Key.Replica,
        [.. layout.Stages.Select(stage => new PlacedSegment(stage.Blocks, stage.Node.Node, stage.Device, stage.Bytes))],
        0);

    private static StageReport?[] ReportsOf(Generation generation, WorkerRegistry workers) =>
        [.. generation.Stages.Select(stage => workers.StageOf(generation.Layout.Stages[stage.Segment].Node.Node, stage))];

    private static IEnumerable<StageState?> StatesOf(Generation generation, WorkerRegistry workers) =>
        ReportsOf(generation, workers).Select(report => report?.State);

    private static long? BoundOf(StagePlace stage, WorkerRegistry workers) =>
        workers.Find(stage.Node.Node)?.Devices.FirstOrDefault(device => device.Name == stage.Device)?.MemoryBytes;

    private static bool Exceeds(Generation generation, WorkerRegistry workers, StagePlace[] held) =>
        generation.Layout.Stages.Any(
            stage => BoundOf(stage, workers) is { } bound && held.Where(other => IsBeside(other, stage)).Sum(other => other.Bytes) > bound);

    private static bool IsBeside(StagePlace one, StagePlace other) => one.Node.Node == other.Node.Node && one.Device == other.Device;

    private IEnumerable<StagePlace> Listed => _all.SelectMany(generation => generation.Layout.Stages);

    /// <summary>Stages that workers still hold of incarnations that are not listed any more.</summary>
    private IEnumerable<StagePlace> GivenUp(WorkerRegistry workers) =>
        from report in workers.Reports
        from stage in report.Stages
        where !_all.Any(generation => generation.Key == stage.Layout.Key)
        select stage.Layout.Stages[stage.Segment];

    private void RetireOlder(TimeSpan now) => Change(
        generation => generation.State == ReplicaState.Serving
            && _all.Any(other => other.SameReplica(
                generation) && other.State == ReplicaState.Serving && other.Key.Epoch > generation.Key.Epoch),
        ReplicaState.Retiring,
        now);

    private void Change(Func<Generation, bool> which, ReplicaState state, TimeSpan now)
    {
        for (int i = 0; i < _all.Count; i++)
        {
            if (which(_all[i]))
                _all[i] = _all[i].As(state, now);
        }
    }
}
