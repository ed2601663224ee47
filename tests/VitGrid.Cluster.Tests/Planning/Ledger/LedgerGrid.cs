using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Planning.Ledger;
using VitGrid.Engine.Replica;

namespace VitGrid.Cluster.Tests.Planning.Ledger;

/// <summary>
/// A ledger among played workers. Time is a number; reports arrive and commands are followed when the test says so. After every step it
/// holds the ledger to what must always be true.
/// </summary>
internal sealed class LedgerGrid
{
    public static readonly LedgerTimes Times = new(
        Grace: TimeSpan.FromSeconds(2), DrainLimit: TimeSpan.FromSeconds(30), RetryAfter: TimeSpan.FromSeconds(10));
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private readonly SortedDictionary<string, PlayedWorker> _workers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, WorkerReport> _heard = [];
    private readonly Dictionary<long, ReplicaLayout> _layouts = [];
    private readonly List<StageCommand> _commands = [];
    private GridLedger _ledger = new(0, Times);
    private bool _settled = true;

    public GridTable Table { get; private set; } = GridTable.Empty;

    public TimeSpan Now { get; private set; }

    /// <summary>The membership's, which grows with every worker that joins or dies.</summary>
    public long Term { get; private set; } = 1;

    public IReadOnlyCollection<PlayedWorker> Workers => _workers.Values;

    /// <summary>What was commanded and not followed yet.</summary>
    public IReadOnlyList<StageCommand> Commands => _commands;

    public IEnumerable<ReplicaRow> Replicas => Table.Models.SelectMany(model => model.Replicas);

    /// <summary>A line for each incarnation: <c>m/0 Serving a b</c>.</summary>
    public string[] Shown =>
        [.. Replicas.Select(row =>
            $"{row.Layout.Key.Model}/{row.Layout.Key.Replica} {row.State} "
                + $"{string.Join(' ', row.Layout.Stages.Select(stage => stage.Node.Node))}")];

    public PlayedWorker this[string name] => _workers[name];

    public PlayedWorker Join(string name, ModelCard card, long? memory = null)
    {
        Term++;
        return _workers[name] = new(name, [card], memory);
    }

    public void Die(string name)
    {
        Term++;
        _workers.Remove(name);
        _commands.RemoveAll(command => command.Node == name);
    }

    public bool AskToLeave(string name) => _ledger.AskToLeave(name);

    /// <summary>Another planner begins, knowing nothing; it learns until <see cref="Settle"/>.</summary>
    public void NewPlanner(int salt = 0)
    {
        _ledger = new(salt, Times);
        _heard.Clear();
        _settled = false;
    }

    public void Settle() => _settled = true;

    public void Hear(WorkerReport report)
    {
        // Orleans brings no call of a process that is gone.
        if (!_workers.ContainsKey(report.Address.Node))
            return;
        _heard[report.Address.Node] = report;
        _ledger.Hear(report, Now);
    }

    public void HearAll()
    {
        foreach (PlayedWorker worker in _workers.Values)
            Hear(worker.Report());
    }

    public LedgerStep Step()
    {
        // The membership's record holds whatever planner there is.
        _ledger.Prove();
        LedgerStep step = _ledger.Step(Now, new(Term, [.. _workers.Keys]), _settled);
        _commands.AddRange(step.Commands.Except(_commands));
        Check(step.Table);
        if (step.Table.Version > Table.Version)
            Table = step.Table;
        return step;
    }

    public void Follow(int index)
    {
        StageCommand command = _commands[index];
        _commands.RemoveAt(index);
        _workers[command.Node].Follow(command);
    }

    public void FollowAll()
    {
        while (_commands.Count > 0)
            Follow(0);
    }

    public void Wait(TimeSpan time) => Now += time;

    /// <summary>
    /// A second in which everybody reports, the planner decides, and everybody does as told; loads do not end by themselves.
    /// </summary>
    public void Round()
    {
        HearAll();
        Step();
        FollowAll();
        foreach (PlayedWorker worker in _workers.Values)
            worker.TableVersion = Table.Version;
        Wait(Beat);
    }

    /// <summary>Rounds in which loads end well.</summary>
    public void Run(int rounds)
    {
        for (int i = 0; i < rounds; i++)
        {
            Round();
            foreach (PlayedWorker worker in _workers.Values)
                worker.Load();
        }
    }

    private void Check(GridTable table)
    {
        foreach (ReplicaRow row in table.Models.SelectMany(model => model.Replicas))
        {
            ReplicaLayout first = _layouts.GetValueOrDefault(row.Layout.Key.Epoch, row.Layout);
            _layouts[row.Layout.Key.Epoch] = first;
            Assert.True(first.Key == row.Layout.Key && first.Stages.SequenceEqual(
                row.Layout.Stages), $"epoch {row.Layout.Key.Epoch} was used twice");
        }
        ReplicaRow[] serving = [.. table.Models.SelectMany(model => model.Replicas).Where(row => row.State == ReplicaState.Serving)];
        Assert.Equal(serving.Length, serving.DistinctBy(row => (row.Layout.Key.Model, row.Layout.Key.Replica)).Count());
        Assert.All(serving.SelectMany(row => row.Layout.Stages.Select((stage, segment) => (row, stage, segment))), part => Assert.Contains(
            _heard[part.stage.Node.Node].Stages,
            stage => stage.Key == new StageKey(part.row.Layout.Key, part.segment) && stage.State == StageState.Ready));
        // A planner that has nothing to tell yet says nothing.
        if (table.Version != GridTable.Empty.Version)
            Assert.True(table.Version >= Table.Version, $"version {table.Version} came after {Table.Version}");
    }
}
