using VitGrid.Model.Segments;

namespace VitGrid.Runtime.Devices;

/// <summary>The devices of this machine and what keeps any from being used. A snapshot: free memory is what it was when read.</summary>
public sealed class DeviceInventory
{
    internal DeviceInventory(DeviceFacts cpu, IReadOnlyList<DeviceFacts> cuda, DeviceFault? cudaFault)
    {
        (Cpu, Cuda, CudaFault) = (cpu, cuda, cudaFault);
    }

    /// <summary>The processor, as the one CPU device that it is when none is named.</summary>
    public DeviceFacts Cpu { get; }

    /// <summary>The CUDA devices that the driver shows, whether or not ONNX Runtime can use them.</summary>
    public IReadOnlyList<DeviceFacts> Cuda { get; }

    /// <summary>Why CUDA devices cannot be used; null when they can.</summary>
    public DeviceFault? CudaFault { get; }

    /// <summary>The devices used when none is named: every CUDA device where they can be used, else one CPU device.</summary>
    public IReadOnlyList<DeviceSpec> Default => CudaFault is null ? [.. Cuda.Select(device => device.Spec)] : [Cpu.Spec];

    /// <summary>Asks the machine. With a GPU this takes some hundred milliseconds.</summary>
    public static DeviceInventory Read() => Read(CudaDriver.TryLoad(), CudaProvider.Fault);

    /// <summary>What is wrong with these devices, a sentence each: not there, or not usable, with the remedy.</summary>
    public IEnumerable<string> Faults(IEnumerable<DeviceSpec> devices)
    {
        ArgumentNullException.ThrowIfNull(devices);
        foreach (DeviceSpec device in devices.Where(device => device.Kind == DeviceKind.Cuda))
        {
            if (CudaFault is not null)
                yield return $"device {device.Name} cannot be used: {CudaFault}";
            else if (device.Ordinal >= Cuda.Count)
                yield return $"device {device.Name} is not there; the driver shows "
                    + $"{string.Join(", ", Cuda.Select(present => present.Spec.Name))}";
            else if (device.MemoryBytes > Cuda[device.Ordinal].MemoryBytes)
                yield return $"device {device.Name} has {Cuda[device.Ordinal].MemoryBytes} bytes of memory; "
                    + $"{device.MemoryBytes} were named";
        }
    }

    /// <summary>
    /// The facts of a device that <see cref="Faults"/> finds nothing wrong with, under the memory bound that it is named with.
    /// </summary>
    public DeviceFacts Describe(DeviceSpec device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return (device.Kind == DeviceKind.Cuda ? Cuda[device.Ordinal] : Cpu) with { Spec = device };
    }

    /// <summary>The precision that <c>auto</c> means over these devices; see <see cref="AutomaticPrecision"/>.</summary>
    public Precision Automatic(IEnumerable<DeviceSpec> devices) => AutomaticPrecision.Of(devices.Select(Describe));

    internal static DeviceInventory Read(CudaDriver? driver, Func<DeviceFault?> providerFault)
    {
        if (driver is null)
            return new(CpuDevice.Read(), [], new(
                "there is no NVIDIA driver (libcuda.so.1)",
                "install it (nvidia-smi must list the GPU); start a container with --gpus all"));
        try
        {
            DeviceFacts[] cuda = CudaDevices.Read(driver);
            return new(CpuDevice.Read(), cuda, cuda.Length > 0 ? providerFault() : new(
                "the NVIDIA driver shows no GPU to this process", "look at CUDA_VISIBLE_DEVICES"));
        }
        catch (DeviceException exception)
        {
            return new(CpuDevice.Read(), [], new(exception.Message, "nvidia-smi must list the GPU on this machine"));
        }
    }
}
