using VitGrid.Cluster.Planning;
using VitGrid.Model.Segments;

namespace VitGrid.Benchmarks.Simulation;

/// <summary>Devices, the real planner, and a router per model; whoever joins or is believed dead changes the plan.</summary>
internal sealed class SimulatedGrid
{
    /// <summary>Until a death is noticed, in seconds.</summary>
    public const double NoticeSeconds = 1;

    /// <summary>Loading weights: seconds to begin, and bytes a second.</summary>
    private const double LoadSeconds = 1, LoadBytesPerSecond = 2e9;

    private readonly VirtualTime _time;
    private readonly GridModel[] _models;
    private readonly Dictionary<(string Model, int Replica), SimulatedReplica> _replicas = [];
    private readonly List<SimulatedReplica> _retired = [];

    public SimulatedGrid(VirtualTime time, GridModel[] models, IEnumerable<GridDevice> devices, Action<GridModel, SimulatedImage> answered)
    {
        _time = time;
        _models = models;
        Devices = [.. devices.Select(device => new SimulatedDevice(device, time))];
        Routers = models.ToDictionary(model => model.Name, model => new SimulatedRouter(image => answered(model, image)));
        Replan(loads: false);
    }

    public List<SimulatedDevice> Devices { get; }

    public Dictionary<string, SimulatedRouter> Routers { get; }

    /// <summary>The present plan.</summary>
    public ClusterPlan Plan { get; private set; } = null!;

    /// <summary>Most CPU time a plan took; real, not virtual.</summary>
    public TimeSpan SlowestPlan { get; private set; }

    /// <summary>Times planned.</summary>
    public int Plans { get; private set; }

    /// <summary>A device dies, with all that is on it.</summary>
    public void Kill(SimulatedDevice device)
    {
        device.Die();
        _time.At(_time.Now + NoticeSeconds, () => SetMember(device, false));
    }

    /// <summary>A device stands still, is taken for dead, and comes back with old answers.</summary>
    public void Stall(SimulatedDevice device, double seconds)
    {
        device.Stall(seconds);
        _time.At(_time.Now + NoticeSeconds, () => SetMember(device, false));
        _time.At(_time.Now + seconds, () => SetMember(device, true));
    }

    /// <summary>A device joins.</summary>
    public void Join(GridDevice device)
    {
        Devices.Add(new(device, _time));
        Replan(loads: true);
    }

    private void SetMember(SimulatedDevice device, bool isMember)
    {
        device.IsMember = isMember;
        Replan(loads: true);
        if (isMember)
            return;
        foreach (SimulatedReplica broken in _retired.Where(replica => replica.Devices.Contains(device)).ToArray())
        {
            _retired.Remove(broken);
            Routers[broken.Placed.Model].Replay(broken);
        }
    }

    private void Replan(bool loads)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        Plan = ClusterPlanner.Plan(_models, [.. Devices.Where(device => device.IsMember).Select(device => device.Device)], Plan);
        SlowestPlan = TimeSpan.FromTicks(Math.Max(SlowestPlan.Ticks, (Environment.CpuUsage.TotalTime - before).Ticks));
        Plans++;
        Dictionary<(string, int), PlacedReplica> planned = Plan.Replicas.ToDictionary(replica => (replica.Model, replica.Replica));
        foreach (((string Model, int Replica) key, SimulatedReplica replica) in _replicas.ToArray())
        {
            if (planned.TryGetValue(key, out PlacedReplica? placed) && placed.Segments.SequenceEqual(replica.Placed.Segments))
                replica.Placed = placed;
            else
                Retire(key, replica);
        }
        foreach (PlacedReplica placed in Plan.Replicas.Where(placed => !_replicas.ContainsKey((placed.Model, placed.Replica))))
            Start(placed, loads);
    }

    /// <summary>A retired replica gets nothing new and ends what it has, unless a device of it turns out to be dead.</summary>
    private void Retire((string Model, int Replica) key, SimulatedReplica replica)
    {
        _replicas.Remove(key);
        Routers[key.Model].Remove(replica);
        _retired.RemoveAll(old => old.Held.Count == 0);
        _retired.Add(replica);
    }

    private void Start(PlacedReplica placed, bool loads)
    {
        double ready = _time.Now + (loads ? LoadSeconds + (placed.Segments.Max(segment => segment.Bytes) / LoadBytesPerSecond) : 0);
        GridModel model = _models.Single(model => model.Name == placed.Model);
        SimulatedDevice[] devices = [.. placed.Segments.Select(
            segment => Devices.Last(device => (device.Device.Node, device.Device.Name) == (segment.Node, segment.Device)))];
        SimulatedReplica replica = new(
            placed, devices, new StageCosts(model.Costs, model.Precision, model.BatchSize, model.Compute), model.BatchSize, _time);
        _replicas.Add((placed.Model, placed.Replica), replica);
        _time.At(ready, () =>
        {
            if (_replicas.GetValueOrDefault((placed.Model, placed.Replica)) == replica)
                Routers[placed.Model].Add(replica);
        });
    }
}
