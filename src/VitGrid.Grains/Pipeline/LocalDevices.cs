using VitGrid.Grains.Contracts;
using VitGrid.Grains.Options;
using VitGrid.Runtime.Devices;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Grains.Pipeline;

/// <summary>This process's devices: what the planner is told of them, and one thread for each, whichever models share it.</summary>
internal sealed class LocalDevices : IAsyncDisposable
{
    // Stages bound the batches of a model; this only keeps many models on one device from piling up.
    private const int Capacity = 16;

    // Until a device is asked what it can do: only ratios between devices mean something to the planner.
    private const double FlopsOfOneCore = 80e9;

    private readonly ImmutableDictionary<string, (DeviceSpec Spec, DeviceThread Thread)> _devices;

    public LocalDevices(GridOptions options)
    {
        _devices = options.Devices.ToImmutableDictionary(device => device.Name, device => (device, new DeviceThread(device.Name, Capacity)));
        CoresPerDevice = Math.Max(1, Environment.ProcessorCount / Math.Max(1, options.Devices.Count(device => device.Kind == DeviceKind.Cpu)));
        Rows = [.. options.Devices.Select(RowOf)];
    }

    /// <summary>Cores of one CPU device: several share the machine's.</summary>
    public int CoresPerDevice { get; }

    /// <summary>The devices as they are advertised.</summary>
    public ImmutableArray<DeviceRow> Rows { get; }

    public DeviceSpec Spec(string device) => _devices[device].Spec;

    public DeviceThread Thread(string device) => _devices[device].Thread;

    public async ValueTask DisposeAsync()
    {
        foreach ((DeviceSpec _, DeviceThread thread) in _devices.Values)
            await thread.DisposeAsync();
    }

    private DeviceRow RowOf(DeviceSpec device) => new(device.Name, HostMachine.Processor, device.MemoryBytes, CoresPerDevice * FlopsOfOneCore, null, CoresPerDevice);
}
