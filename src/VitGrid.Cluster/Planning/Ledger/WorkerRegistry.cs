using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Replica;

namespace VitGrid.Cluster.Planning.Ledger;

/// <summary>The newest report of every worker that lives. Clock-free, one owner.</summary>
internal sealed class WorkerRegistry
{
    private readonly Dictionary<string, (WorkerReport Report, TimeSpan At)> _heard = [];
    private readonly HashSet<string> _asked = [];

    /// <summary>Whether anything changed that a plan depends on since the last call of <see cref="Planned"/>.</summary>
    public bool IsChanged { get; private set; }

    public IEnumerable<WorkerReport> Reports =>
        _heard.Values.Select(heard => heard.Report).OrderBy(report => report.Address.Node, StringComparer.Ordinal);

    /// <summary>Takes a report in.</summary>
    /// <returns>Whether it says anything that the last one of this worker did not.</returns>
    public bool Hear(WorkerReport report, TimeSpan now)
    {
        WorkerReport? before = Find(report.Address.Node);
        _heard[report.Address.Node] = (report, now);
        bool plans = before is null || before.Leaving != report.Leaving || !before.Devices.SequenceEqual(report.Devices)
            || !before.Models.SequenceEqual(report.Models) || !before.SickDevices.SequenceEqual(report.SickDevices);
        IsChanged |= plans;
        return plans || !before!.Stages.Select(Essence).SequenceEqual(report.Stages.Select(Essence))
            || !before.Faults.SequenceEqual(report.Faults);
    }

    public WorkerReport? Find(string node) => _heard.TryGetValue(node, out var heard) ? heard.Report : null;

    /// <summary>When the worker was last heard.</summary>
    public TimeSpan HeardAt(string node) => _heard[node].At;

    /// <summary>Forgets the workers that do not live any more.</summary>
    public void Keep(IReadOnlyCollection<string> alive)
    {
        foreach (string gone in _heard.Keys.Except(alive).ToArray())
        {
            _heard.Remove(gone);
            _asked.Remove(gone);
            IsChanged = true;
        }
    }

    /// <summary>Notes that a worker is to leave.</summary>
    public bool AskToLeave(string node)
    {
        if (!_heard.ContainsKey(node))
            return false;
        IsChanged |= _asked.Add(node);
        return true;
    }

    /// <summary>Why a worker that has the model's files cannot serve it; null when every worker can.</summary>
    public string? FaultOf(string model) =>
        (from report in Reports from fault in report.Faults
            where fault.Model == model select $"{report.Address.Node}: {fault.Message}").FirstOrDefault();

    public bool IsLeaving(WorkerReport report) => report.Leaving || _asked.Contains(report.Address.Node);

    public void Planned() => IsChanged = false;

    /// <summary>Something outside the reports asks for a new plan.</summary>
    public void Unsettle() => IsChanged = true;

    /// <summary>What the worker says of one stage; null when it does not have it.</summary>
    public StageReport? StageOf(string node, StageKey stage) => Find(node)?.Stages.FirstOrDefault(report => report.Key == stage);

    /// <summary>Whether a device is out of the pool: nothing on it answers, and nothing may be planned on it.</summary>
    public bool IsOut(string node, string device) =>
        Find(node)?.SickDevices.Any(sick => sick.Device == device && sick.IsOut) == true;

    /// <summary>Whether a device never comes back in its process.</summary>
    public bool IsLost(string node, string device) =>
        Find(node)?.SickDevices.Any(sick => sick.Device == device && sick.IsLost) == true;

    /// <summary>The devices that are out, with the reason, for people; null when none is.</summary>
    public string? OutOfPool()
    {
        string[] sick = [.. from report in Reports from device in report.SickDevices where device.IsOut
            select $"{report.Address.Node}/{device.Device}: {device.Reason}"];
        return sick.Length == 0 ? null : $"out of the pool: {string.Join("; ", sick)}";
    }

    /// <summary>
    /// The devices of all workers that may be planned on; those of leaving ones are marked, and slow ones counted with what is left of
    /// their speed.
    /// </summary>
    public IEnumerable<GridDevice> Devices(Func<WorkerReport, ImmutableHashSet<string>> models) =>
        from report in Reports
        let served = models(report)
        from device in report.Devices
        where !IsOut(report.Address.Node, device.Name)
        select new GridDevice
        {
            Node = report.Address.Node,
            Name = device.Name,
            Machine = report.Machine,
            MemoryBytes = device.MemoryBytes,
            Speed = device.Speed * (report.SickDevices.FirstOrDefault(sick => sick.Device == device.Name)?.Tenths ?? 10) / 10,
            Leaving = IsLeaving(report),
            Models = served,
        };

    private static (StageKey Key, StageState State) Essence(StageReport stage) => (stage.Key, stage.State);
}
