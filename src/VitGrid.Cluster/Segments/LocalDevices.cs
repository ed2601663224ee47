using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Health;
using VitGrid.Engine.Options;
using VitGrid.Engine.Telemetry;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Faults;
using VitGrid.Runtime.Health;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Cluster.Segments;

/// <summary>This process's devices: what the planner is told of them, and one thread for each, whichever models share it.</summary>
internal sealed class LocalDevices : IAsyncDisposable
{
    // Stages bound the batches of a model; this only keeps many models on one device from piling up.
    private const int Capacity = 16;

    private readonly ImmutableDictionary<string, LocalDevice> _devices;
    private readonly WeightScrubber _scrubber;

    public LocalDevices(GridOptions options, DeviceHealth health, GridMetrics metrics, ILogger<DeviceGuard> logger)
    {
        Health = health;
        _scrubber = new(options.Health, metrics);
        IReadOnlyList<FaultSpec> faults = options.Health.FaultSpecs();
        _devices = options.Devices.ToImmutableDictionary(device => device.Name, device =>
        {
            DeviceThread thread = new(device.Name, Capacity, standsBack: device.Backend.SharesHost);
            return new LocalDevice(
                FaultyBackend.Wrap(device, faults), thread,
                new(device.Name, thread, health, options.Health, metrics, logger) { Scrubber = _scrubber });
        });
        int processors = options.Devices.Count(device => device.Backend.SharesHost);
        CoresPerDevice = Math.Max(1, Environment.ProcessorCount / Math.Max(1, processors));
        Sharing = processors > 1 || (processors == 1 && options.Health.ScrubBytesPerSecond > 0) ? new() : null;
        DeviceInventory inventory = DeviceInventory.Read(options.Devices);
        Rows = [.. options.Devices.Select(device => RowOf(inventory.Describe(device), options))];
    }

    /// <summary>Cores of one device that shares the host: several have the machine's.</summary>
    public int CoresPerDevice { get; }

    /// <summary>What such devices, and the comparison of mapped weights, share; null where there is nothing to share.</summary>
    public WeightSharing? Sharing { get; }

    /// <summary>How they do.</summary>
    public DeviceHealth Health { get; }

    /// <summary>Those that are not healthy, as they are advertised.</summary>
    public ImmutableArray<SickDevice> Sick => [.. Health.All.Select(SickDevice.From).OfType<SickDevice>()];

    /// <summary>The devices as they are advertised.</summary>
    public ImmutableArray<DeviceRow> Rows { get; }

    public DeviceSpec Spec(string device) => _devices[device].Spec;

    public DeviceThread Thread(string device) => _devices[device].Thread;

    public DeviceGuard Guard(string device) => _devices[device].Guard;

    /// <summary>Tells every device how to find out whether a model has a replica without it.</summary>
    public void FindSparesWith(Func<string, string, bool> hasSpare)
    {
        foreach ((string name, LocalDevice device) in _devices)
            device.Guard.HasSpare = model => hasSpare(model, name);
    }

    public async ValueTask DisposeAsync()
    {
        await _scrubber.DisposeAsync();
        foreach (LocalDevice device in _devices.Values)
        {
            await device.Guard.DisposeAsync();
            // A run that does not end would never let the thread end: the process ends without it.
            if (!device.Guard.IsStuck)
                await device.Thread.DisposeAsync();
        }
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

/// <summary>A device of this process, its thread, and who watches it.</summary>
internal sealed record LocalDevice(DeviceSpec Spec, DeviceThread Thread, DeviceGuard Guard);
