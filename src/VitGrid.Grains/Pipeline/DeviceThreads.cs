using VitGrid.Runtime.Devices;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Grains.Pipeline;

/// <summary>One thread for each configured device, whichever models share it.</summary>
internal sealed class DeviceThreads : IAsyncDisposable
{
    // Credits bound the batches of a model; this only keeps many models on one device from piling up.
    private const int Capacity = 16;

    private readonly ImmutableDictionary<string, DeviceThread> _threads;
    private readonly int _cpuDevices;

    public DeviceThreads(IReadOnlyList<DeviceSpec> devices)
    {
        _threads = devices.ToImmutableDictionary(device => device.Name, device => new DeviceThread(device.Name, Capacity));
        _cpuDevices = devices.Count(device => device.Kind == DeviceKind.Cpu);
    }

    /// <summary>Cores of one CPU device: several share the machine's.</summary>
    public int CoresPerDevice => Math.Max(1, Environment.ProcessorCount / Math.Max(1, _cpuDevices));

    public DeviceThread this[DeviceSpec device] => _threads[device.Name];

    public async ValueTask DisposeAsync()
    {
        foreach (DeviceThread thread in _threads.Values)
            await thread.DisposeAsync();
    }
}
