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
/// memory allows. Its tables stand in the term of the membership. A ledger that hears of a higher table than it could publish decides
/// nothing until it is proven to be the membership's; then it says its own anew above it. One owner.
/// </summary>
/// <param name="salt">Where it begins to count in each term: no two planners of one term give out the same epoch.</param>
/// <param name="times">How long it waits for what.</param>
internal sealed class GridLedger(int salt, LedgerTimes times)
{
    private const int MaxStride = (1 << 20) - 1;

    private readonly WorkerRegistry _workers = new();
    private readonly ModelRegistry _cards = new();
    private readonly HashSet<string> _served = [];
    private readonly GenerationList _generations = new();
    private readonly RecallList _recalls = new();
    private ClusterPlan _plan = new([], []);
    private long _term;
    private long _heard;
    private long _version;
    private bool _began;
    private GridTable _table = GridTable.Empty;

    /// <inheritdoc cref="WorkerRegistry.Hear"/>
    public bool Hear(WorkerReport report, TimeSpan now)
    {
        Hear(report.TableVersion);
        // An epoch may have reached a worker by a command whose planner died before any table named it.
        foreach (StageReport stage in report.Stages)
            Hear(stage.Layout.Key.Epoch);
        _recalls.Hear(report);
        return _workers.Hear(report, now);
    }

    /// <summary>Hears of a table, or of an epoch, that somebody knows; one that cannot be is passed over.</summary>
    public void Hear(long version)
    {
        if (TableOrder.IsPlausible(version, Floor))
            _heard = Math.Max(_heard, version);
    }

    /// <summary>
    /// Whether another planner's table or epoch above all of this one's is known: either the membership has moved on without this one, or
    /// it was begun anew. Only the membership's own record can tell, and then <see cref="Prove"/>; until then a step decides nothing.
    /// </summary>
    public bool IsOutranked => _heard > Floor;

    /// <summary>
    /// Notes that the membership's record holds this planner's process: it goes on above whatever it heard of, and by a stride of its own,
    /// for the other one may be at its next number already.
    /// </summary>
    public void Prove()
    {
        if (IsOutranked)
            _version = _heard + (salt & MaxStride);
    }

    /// <inheritdoc cref="WorkerRegistry.AskToLeave"/>
    public bool AskToLeave(string node) => _workers.AskToLeave(node);

    /// <summary>Whether a worker of that name has reported.</summary>
    public bool Knows(string node) => _workers.Find(node) is not null;

    /// <summary>What the workers that say it did when they last reported.</summary>
    public ImmutableArray<NodeLoad> Loads => [
        .. _workers.Reports.Where(report => report.Load is not null).Select(report => new NodeLoad(report.Address.Node, report.Load!))];

    /// <summary>Brings plan, incarnations and table up to what is known now.</summary>
    /// <param name="now">On the planner's clock, which only measures.</param>
    /// <param name="membership">Who lives, as the planner's process knows it.</param>
    /// <param name="settled">False while a new planner waits for the first reports: it then only learns what is there.</param>
    public LedgerStep Step(TimeSpan now, KnownMembers membership, bool settled)
    {
        _term = Math.Max(_term, membership.Version);
        if (IsOutranked)
            return new(_table, []);
        _workers.Keep(membership.Alive);
        if (_generations.DropBroken(_workers) | _generations.DropSick(_workers, now) | _generations.DropForRetry(now, times.RetryAfter))
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

    private long Floor => Math.Max(_version, TableOrder.First(_term) + salt);

    /// <summary>
    /// What is loaded whole goes on serving. A model of which a stage is ready was served before: if others of its stages died with the
    /// last planner, its requests wait for the new incarnation instead of being refused.
    /// </summary>
    private void TakeOver(TimeSpan now)
    {
        _generations.Adopt(_workers, now);
        _generations.DropSick(_workers, now);
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
            _generations.Begin(placed, LayoutOf(placed, NextVersion()), now);
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
                report => new NodeRow(report.Address, report.ProcessId, _workers.IsLeaving(report), report.Devices)
                {
                    Sick = report.SickDevices,
                })];
        if (_heard > _table.Version || TableChange.Differs(_table, models, nodes, _recalls.All))
            _table = new(NextVersion(), models, nodes) { Recalls = _recalls.All };
    }

    /// <summary>Above all that was given out.</summary>
    private long NextVersion() => _version = Floor + 1;

    private ModelRow RowOf(ModelCard card)
    {
        Generation[] own = [.. _generations.All.Where(generation => generation.Key.Model == card.Name)];
        string? failure = own.Where(generation => generation.State == ReplicaState.Failed).Select(
            generation => generation.Problem).FirstOrDefault();
        string? problem = failure ?? ShortageOf(card.Name)
            ?? _cards.Conflict(card.Name) ?? _workers.FaultOf(card.Name);
        ReplicaRow[] rows = [.. own.Select(generation => GenerationList.RowOf(generation, _workers))];
        return new(card, StateOf(card.Name, own, failure), problem, [.. rows]);
    }

    /// <summary>What a model lacks; where devices are out of the pool, they are named beside it.</summary>
    private string? ShortageOf(string model) => _plan.Shortages.FirstOrDefault(shortage => shortage.Model == model)?.Message is { } lack
        ? _workers.OutOfPool() is { } sick ? $"{lack}; {sick}" : lack
        : null;

    /// <summary>A model that has served stays ready only while something of it serves or is on its way.</summary>
    private ModelState StateOf(string model, Generation[] own, string? failure)
    {
        if (_served.Contains(model) && own.Any(generation => generation.State is ReplicaState.Serving or ReplicaState.Loading))
            return ModelState.Ready;
        return failure is null ? ModelState.Loading : ModelState.Failed;
    }
}

/// <summary>Who lives.</summary>
/// <param name="Version">Of the membership; grows with each change of it.</param>
/// <param name="Alive">Nodes that it holds for alive.</param>
internal sealed record KnownMembers(long Version, IReadOnlyCollection<string> Alive);

/// <summary>How long the ledger waits for what.</summary>
/// <param name="Grace">From an incarnation's retirement until it may be freed: front ends get the new table meanwhile.</param>
/// <param name="DrainLimit">After this it is freed even with batches under way.</param>
/// <param name="RetryAfter">From a failed load until it is tried again.</param>
internal sealed record LedgerTimes(TimeSpan Grace, TimeSpan DrainLimit, TimeSpan RetryAfter);
