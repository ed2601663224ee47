using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Models;
using VitGrid.Engine.Replica;

namespace VitGrid.Cluster.Planning.Ledger;

/// <summary>A stage that a worker is to load (<see cref="Layout"/> given) or to give up.</summary>
internal sealed record StageCommand(StageKey Stage, string Node, ReplicaLayout? Layout);

/// <summary>What a step decided.</summary>
internal sealed record LedgerStep(GridTable Table, ImmutableArray<StageCommand> Commands);

/// <summary>
/// The planner's memory and every decision it takes, without clock, grains or network. Reports go in; a table and commands come out, and
/// commands come again until a report says that they were followed. New incarnations are loaded before old ones are retired, as far as
/// memory allows. One owner.
/// </summary>
internal sealed class GridLedger(long firstVersion, LedgerTimes times)
{
    private readonly WorkerBook _workers = new();
    private readonly CardBook _cards = new();
    private readonly HashSet<string> _served = [];
    private readonly GenerationList _generations = new();
    private ClusterPlan _plan = new([], []);
    private long _version = firstVersion;
    private bool _began;
    private GridTable _table = GridTable.Empty;

    /// <inheritdoc cref="WorkerBook.Hear"/>
    public bool Hear(WorkerReport report, TimeSpan now)
    {
        // An epoch may have reached a worker by a command whose planner died before any table named it.
        _version = report.Stages.Select(stage => stage.Layout.Key.Epoch).Append(report.TableVersion).Append(_version).Max();
        return _workers.Hear(report, now);
    }

    /// <inheritdoc cref="WorkerBook.AskToLeave"/>
    public bool AskToLeave(string node) => _workers.AskToLeave(node);

    /// <summary>Whether a worker of that name has reported.</summary>
    public bool Knows(string node) => _workers.Find(node) is not null;

    /// <summary>Brings plan, incarnations and table up to what is known now.</summary>
    /// <param name="now">On the planner's clock.</param>
    /// <param name="alive">Nodes that the membership holds for alive.</param>
    /// <param name="settled">False while a new planner waits for the first reports: it then only learns what is there.</param>
    public LedgerStep Step(TimeSpan now, IReadOnlyCollection<string> alive, bool settled)
    {
        _workers.Keep(alive);
        if (_generations.DropBroken(_workers) | _generations.DropForRetry(now, times.RetryAfter))
            _workers.Unsettle();
        if (!_began)
            TakeOver(now);
        if (!settled)
            return new(_table, []);
        _began = true;
        if (_workers.IsChanged)
            Replan(now);
        Advance(now);
        Publish();
        return new(_table, [.. Ensures(), .. Releases()]);
    }

    /// <summary>
    /// What is loaded whole goes on serving. A model of which a stage is ready was served before: if others of its stages died with the
    /// last planner, its requests wait for the new incarnation instead of being refused.
    /// </summary>
    private void TakeOver(TimeSpan now)
    {
        _generations.Adopt(_workers, now);
        _served.UnionWith(_workers.Reports.SelectMany(report => report.Stages).Where(stage => stage.State == StageState.Ready).Select(
            stage => stage.Layout.Key.Model));
    }

    private void Replan(TimeSpan now)
    {
        WorkerReport[] reports = [.. _workers.Reports];
        _cards.Read(reports, _generations.Models);
        ClusterPlan previous = new([.. _generations.Newest.Select(generation => generation.Placed)], []);
        _plan = ClusterPlanner.Plan([.. _cards.Models()], [.. _workers.Devices(_cards.ServedBy)], previous);
        foreach (PlacedReplica placed in _plan.Replicas.Where(placed => !_generations.Newest.Any(generation => generation.IsFor(placed))))
            _generations.Begin(placed, LayoutOf(placed, ++_version), now);
        _generations.RetireUnplanned(_plan, now);
        _generations.Rate(_plan);
        _workers.Planned();
    }

    private ReplicaLayout LayoutOf(PlacedReplica placed, long epoch) => new(
        new(placed.Model, placed.Replica, epoch),
        [.. placed.Segments.Select(segment => new StagePlace(
            segment.Blocks.First, segment.Blocks.Count, _workers.Find(segment.Node)!.Address, segment.Device, segment.Bytes))]);

    private void Advance(TimeSpan now)
    {
        foreach (string model in _generations.Load(_workers, now))
            _served.Add(model);
        _generations.YieldMemory(_workers, now);
        _generations.DropRetired(_workers, now, times);
    }

    private IEnumerable<StageCommand> Ensures() =>
        from generation in _generations.All
        where generation.State == ReplicaState.Loading && !_generations.LacksMemory(generation, _workers)
        from stage in generation.Stages
        let place = generation.Layout.Stages[stage.Segment]
        where _workers.StageOf(place.Node.Node, stage) is null
        select new StageCommand(stage, place.Node.Node, generation.Layout);

    private IEnumerable<StageCommand> Releases()
    {
        HashSet<StageKey> wanted = [.. _generations.All.SelectMany(generation => generation.Stages)];
        return from report in _workers.Reports
               from stage in report.Stages
               where !wanted.Contains(stage.Key)
               select new StageCommand(stage.Key, report.Address.Node, null);
    }

    private void Publish()
    {
        ImmutableArray<ModelRow> models = [.. _cards.Cards.Select(RowOf)];
        ImmutableArray<NodeRow> nodes =
            [.. _workers.Reports.Select(
                report => new NodeRow(report.Address, report.ProcessId, _workers.IsLeaving(report), report.Devices))];
        if (!TableChange.Differs(_table, models, nodes))
            return;
        _table = new(++_version, models, nodes);
    }

    private ModelRow RowOf(ModelCard card)
    {
        Generation[] own = [.. _generations.All.Where(generation => generation.Key.Model == card.Name)];
        string? failure = own.Where(generation => generation.State == ReplicaState.Failed).Select(
            generation => generation.Problem).FirstOrDefault();
        string? problem = failure ?? _plan.Shortages.FirstOrDefault(shortage => shortage.Model == card.Name)?.Message
            ?? _cards.Conflict(card.Name) ?? _workers.FaultOf(card.Name);
        ModelState state = _served.Contains(card.Name) ? ModelState.Ready : failure is null ? ModelState.Loading : ModelState.Failed;
        return new(card, state, problem, [.. own.Select(generation => GenerationList.RowOf(generation, _workers))]);
    }
}

/// <summary>How long the ledger waits for what.</summary>
/// <param name="Grace">From an incarnation's retirement until it may be freed: doors get the new table meanwhile.</param>
/// <param name="DrainLimit">After this it is freed even with batches under way.</param>
/// <param name="RetryAfter">From a failed load until it is tried again.</param>
internal sealed record LedgerTimes(TimeSpan Grace, TimeSpan DrainLimit, TimeSpan RetryAfter);
