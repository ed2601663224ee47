using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Options;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Health;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Cluster.Segments;

/// <summary>This process's devices: what the planner is told of them, and one thread for each, whichever models share it.</summary>
internal sealed class LocalDevices : IAsyncDisposable
{
    // Stages bound the batches of a model; this only keeps many models on one device from piling up.
    private const int Capacity = 16;

    private readonly ImmutableDictionary<string, (DeviceSpec Spec, DeviceThread Thread)> _devices;

    public LocalDevices(GridOptions options, DeviceHealth health)
    {
        Health = health;
        _devices = options.Devices.ToImmutableDictionary(
            device => device.Name, device => (device, new DeviceThread(device.Name, Capacity, standsBack: device.Backend.SharesHost)));
        int processors = options.Devices.Count(device => device.Backend.SharesHost);
        CoresPerDevice = Math.Max(1, Environment.ProcessorCount / Math.Max(1, processors));
        Sharing = processors > 1 ? new() : null;
        DeviceInventory inventory = DeviceInventory.Read(options.Devices);
        Rows = [.. options.Devices.Select(device => RowOf(inventory.Describe(device), options))];
    }

    /// <summary>Cores of one device that shares the host: several have the machine's.</summary>
    public int CoresPerDevice { get; }

    /// <summary>What such devices share; null where there is one at most.</summary>
    public WeightSharing? Sharing { get; }

    /// <summary>How they do.</summary>
    public DeviceHealth Health { get; }

    /// <summary>Those that are not healthy, as they are advertised.</summary>
    public ImmutableArray<SickDevice> Sick => [.. Health.All.Select(SickDevice.From).OfType<SickDevice>()];

    /// <summary>The devices as they are advertised.</summary>
    public ImmutableArray<DeviceRow> Rows { get; }

    public DeviceSpec Spec(string device) => _devices[device].Spec;

    public DeviceThread Thread(string device) => _devices[device].Thread;

    public async ValueTask DisposeAsync()
    {
        foreach ((DeviceSpec _, DeviceThread thread) in _devices.Values)
            await thread.DisposeAsync();
    }

    private DeviceRow RowOf(DeviceFacts device, GridOptions options)
    {
        bool sharesHost = device.Spec.Backend.SharesHost;
        Precision precision = options.Models.Select(model => model.Precision).FirstOrDefault();
        return new(
            device.Spec.Name,
            device.Model,
            device.Bound,
            device.SpeedIn(precision) * (sharesHost ? (double)CoresPerDevice / device.Threads : 1),
            device.ComputeCapability?.ToString(),
            sharesHost ? CoresPerDevice : 0);
    }
}
