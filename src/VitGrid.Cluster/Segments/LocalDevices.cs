using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Options;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Devices;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Cluster.Segments;

/// <summary>This process's devices: what the planner is told of them, and one thread for each, whichever models share it.</summary>
internal sealed class LocalDevices : IAsyncDisposable
{
    // Stages bound the batches of a model; this only keeps many models on one device from piling up.
    private const int Capacity = 16;

    private readonly ImmutableDictionary<string, (DeviceSpec Spec, DeviceThread Thread)> _devices;

    public LocalDevices(GridOptions options)
    {
        _devices = options.Devices.ToImmutableDictionary(
            device => device.Name, device => (device, new DeviceThread(device.Name, Capacity, standsBack: device.Kind == DeviceKind.Cpu)));
        int processors = options.Devices.Count(device => device.Kind == DeviceKind.Cpu);
        CoresPerDevice = Math.Max(1, Environment.ProcessorCount / Math.Max(1, processors));
        Sharing = processors > 1 ? new() : null;
        DeviceInventory inventory = DeviceInventory.Read();
        Rows = [.. options.Devices.Select(device => RowOf(inventory.Describe(device), options))];
    }

    /// <summary>Cores of one CPU device: several share the machine's.</summary>
    public int CoresPerDevice { get; }

    /// <summary>What CPU devices share; null where there is one at most.</summary>
    public WeightSharing? Sharing { get; }

    /// <summary>The devices as they are advertised.</summary>
    public ImmutableArray<DeviceRow> Rows { get; }

    public DeviceSpec Spec(string device) => _devices[device].Spec;

    public DeviceThread Thread(string device) => _devices[device].Thread;

    public async ValueTask DisposeAsync()
    {
        foreach ((DeviceSpec _, DeviceThread thread) in _devices.Values)
            await thread.DisposeAsync();
    }

    /// <summary>
    /// A CPU device is bounded only where it is told: processes share the machine's memory. A GPU's free memory is its bound.
    /// </summary>
    private DeviceRow RowOf(DeviceFacts device, GridOptions options)
    {
        bool cuda = device.Spec.Kind == DeviceKind.Cuda;
        Precision precision = options.Models.Select(model => model.Precision).FirstOrDefault();
        return new(
            device.Spec.Name,
            device.Model,
            cuda ? device.UsableBytes : device.Spec.MemoryBytes,
            device.SpeedIn(precision) * (cuda ? 1 : (double)CoresPerDevice / device.Threads),
            device.ComputeCapability?.ToString(),
            cuda ? 0 : CoresPerDevice);
    }
}
