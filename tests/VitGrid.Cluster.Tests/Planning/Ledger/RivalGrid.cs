using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Planning.Ledger;
using VitGrid.Cluster.Tables;

namespace VitGrid.Cluster.Tests.Planning.Ledger;

/// <summary>A planner in a worker's process, with the membership as that process knows it.</summary>
internal sealed class RivalPlanner(string node, long term, int salt)
{
    private readonly HashSet<string> _alive = [];

    public string Node => node;

    public GridLedger Ledger { get; } = new(salt, LedgerGrid.Times);

    public GridTable Table { get; private set; } = GridTable.Empty;

    /// <summary>What is commanded at the last step.</summary>
    public IReadOnlyList<StageCommand> Commands { get; private set; } = [];

    /// <summary>The membership's version and members as its process knows them; a cut process learns nothing.</summary>
    public void Learn(long version, IEnumerable<string> alive)
    {
        term = Math.Max(term, version);
        _alive.Clear();
        _alive.UnionWith(alive);
    }

    public void Hear(WorkerReport report, TimeSpan now)
    {
        _alive.Add(report.Address.Node);
        Ledger.Hear(report, now);
    }

    public GridTable Step(TimeSpan now)
    {
        LedgerStep step = Ledger.Step(now, new(term, _alive), settled: true);
        Commands = step.Commands;
        return Table = step.Table;
    }
}

/// <summary>Workers, one front end, the planner that the membership holds, and others that do not know yet that they are not it.</summary>
internal sealed class RivalGrid
{
    private readonly List<RivalPlanner> _cut = [], _restored = [];
    private int _joined;
    private int _salt;

    /// <summary>The membership's version.</summary>
    public long Term { get; private set; } = 1;

    public TimeSpan Now { get; private set; }

    public SortedDictionary<string, PlayedWorker> Workers { get; } = new(StringComparer.Ordinal);

    /// <summary>The planner that the membership holds.</summary>
    public RivalPlanner Planner { get; private set; } = new("a", 1, 0);

    /// <summary>What a front end knows; every restored process hears of it, and it of theirs.</summary>
    public TableStore FrontEnd { get; } = new();

    public void Join()
    {
        string name = $"{(char)('a' + _joined / 26)}{(char)('a' + _joined++ % 26)}"[(_joined <= 26 ? 1 : 0)..];
        Term++;
        Workers[name] = new(name, [PlayedWorker.Card("m", segments: 2)], null);
    }

    /// <summary>A planner out of touch is told of the workers there are, and of nothing else.</summary>
    public void JoinUnseenBy(RivalPlanner rival)
    {
        foreach (PlayedWorker worker in Workers.Values)
            rival.Hear(worker.Report() with { TableVersion = 0, Stages = [] }, Now);
    }

    public void Die(int which)
    {
        if (Workers.Count < 2)
            return;
        Term++;
        Workers.Remove(Workers.Keys.ElementAt(which % Workers.Count));
    }

    /// <summary>The planner's process is cut off and declared dead; another one takes over.</summary>
    public void Replace()
    {
        _cut.Add(Planner);
        Term++;
        Begin();
    }

    /// <summary>The planner is begun anew in the same term, as when its activation moves; the old one is gone.</summary>
    public void Restart(int which) => Begin(which % 2 == 0 ? 1 << 10 : 0);

    /// <summary>What keeps the membership comes back empty, and a new grid meets in it.</summary>
    public void EmptyMembership()
    {
        _cut.Add(Planner);
        Term = Workers.Count;
        Begin();
    }

    /// <summary>A process that was cut off is reached again and does not know yet that it was replaced.</summary>
    public void Restore(int which)
    {
        if (_cut.Count == 0)
            return;
        RivalPlanner back = _cut[which % _cut.Count];
        _cut.Remove(back);
        _restored.Add(back);
    }

    public void RestoreAll()
    {
        while (_cut.Count > 0)
            Restore(0);
    }

    /// <summary>A worker reports to the planner, or to one that it still takes for it.</summary>
    public void Report(int which)
    {
        PlayedWorker worker = Workers.Values.ElementAt(which % Workers.Count);
        RivalPlanner heard = which % 3 == 0 && _restored.Count > 0 ? _restored[which % _restored.Count] : Planner;
        worker.TableVersion = FrontEnd.Current.Version;
        heard.Hear(worker.Report(), Now);
    }

    /// <summary>The front end asks the planner for a table above its own.</summary>
    public void Watch() => Planner.Ledger.Hear(FrontEnd.Current.Version);

    public void StepRival(int which)
    {
        if (_restored.Count > 0)
            Step(_restored[which % _restored.Count]);
    }

    public void Step(RivalPlanner planner)
    {
        if (planner == Planner)
            planner.Learn(Term, Workers.Keys);
        FrontEnd.Offer(planner.Step(Now));
        // The membership's record holds the planner alone.
        if (planner == Planner)
            planner.Ledger.Prove();
        foreach (StageCommand command in planner.Commands.Where(command => Workers.ContainsKey(command.Node)))
            Workers[command.Node].Follow(command);
    }

    public void Load()
    {
        foreach (PlayedWorker worker in Workers.Values)
            worker.Load();
    }

    /// <summary>Seconds in which all hear and follow the planner, and rivals hear of it too.</summary>
    public void Run(int rounds)
    {
        for (int i = 0; i < rounds; i++)
        {
            foreach (PlayedWorker worker in Workers.Values)
            {
                worker.TableVersion = FrontEnd.Current.Version;
                Planner.Hear(worker.Report(), Now);
            }
            Watch();
            foreach (RivalPlanner rival in _restored)
            {
                rival.Ledger.Hear(FrontEnd.Current.Version);
                Step(rival);
            }
            Step(Planner);
            Load();
            Now += TimeSpan.FromSeconds(1);
        }
    }

    private void Begin(int salt = 0)
    {
        _salt += 1 << 12;
        Planner = new(Workers.Keys.First(), Term, _salt + salt);
    }
}
