using System.Collections.Immutable;
using VitGrid.Cluster.Planning;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;

namespace VitGrid.Server.Verbs.Models;

/// <summary>Speeds of the devices asked about. CPU devices share the cores of one machine.</summary>
internal sealed class PlanRates(PlanQuestion question)
{
    private readonly Dictionary<string, double> _speeds = question.Devices.Select(
        (device, i) => (device.Name, Speed: SpeedOf(question, i))).ToDictionary();

    private readonly HashSet<string> _host = [
        .. question.Devices.Where(device => device.Backend.SharesHost).Select(device => device.Name)];

    public bool AreKnown => question.TeraFlops.Count > 0;

    /// <summary>The device as the planner sees it; all of them on one node of one machine.</summary>
    public GridDevice Device(DeviceSpec device) => new()
    {
        Node = "",
        Name = device.Name,
        Machine = "",
        MemoryBytes = device.MemoryBytes,
        Speed = SpeedOf(device.Name),
    };

    /// <summary>A device's FLOP/s, the share of one where CPU devices share a machine; 1 where none are known.</summary>
    public double SpeedOf(string device) =>
        _speeds[device] / (_host.Contains(device) ? _host.Count : 1);

    /// <summary>
    /// Images a second of one of <paramref name="replicas"/>: its busiest device decides, all CPU devices being one that its replicas
    /// share; null without speeds.
    /// </summary>
    public double? For(ImmutableArray<PlannedSegment> replica, IEnumerable<ImmutableArray<PlannedSegment>> replicas) =>
        AreKnown ? Relative(replica, replicas) : null;

    /// <summary>The same in the unit of the speeds: where none are known, each device counts as one.</summary>
    public double Relative(ImmutableArray<PlannedSegment> replica, IEnumerable<ImmutableArray<PlannedSegment>> replicas)
    {
        int onHost = replicas.Count(other => other.Any(segment => _host.Contains(segment.Device)));
        return 1 / replica.GroupBy(segment => _host.Contains(segment.Device) ? "" : segment.Device)
            .Max(device => device.Sum(segment => segment.Flops / _speeds[segment.Device]) * (device.Key == "" ? onHost : 1));
    }

    private static double SpeedOf(PlanQuestion question, int device) => question.TeraFlops switch
    {
        [] => 1,
        [double all] => all * 1e12,
        _ => question.TeraFlops[device] * 1e12,
    };
}
