using Microsoft.ML.OnnxRuntime;
using VitGrid.Runtime.Devices;

namespace VitGrid.Runtime.Backends.OnnxRuntime;

/// <summary>The memory of one device and the host memory it reads fastest. Any thread may call it.</summary>
/// <param name="Info">How ONNX Runtime names the device's memory.</param>
/// <param name="Enter">Makes the device the calling thread's; before anything else on a thread.</param>
/// <param name="Device">The device's own memory.</param>
/// <param name="Host">Page-locked host memory.</param>
/// <param name="Copy">Copies between any two places and waits until it is done.</param>
internal sealed record DeviceMemory(OrtMemoryInfo Info, Action Enter, MemoryKind Device, MemoryKind Host, CopyBytes Copy)
{
    /// <summary>The memory of a CUDA device.</summary>
    /// <exception cref="DeviceException">The device is not there.</exception>
    public static DeviceMemory OfCuda(CudaDriver driver, int ordinal)
    {
        driver.CountDevices();
        nint context = driver.PrimaryContext(ordinal);
        return new(
            new("Cuda", OrtAllocatorType.DeviceAllocator, ordinal, OrtMemType.Default),
            () => driver.Enter(context),
            new(driver.Allocate, driver.Free),
            new(driver.AllocateHost, driver.FreeHost),
            driver.Copy);
    }
}

/// <summary>Copies <paramref name="bytes"/> from <paramref name="source"/> to <paramref name="target"/>.</summary>
internal delegate void CopyBytes(nint target, nint source, long bytes);

/// <summary>How a kind of memory is had and given back.</summary>
internal sealed record MemoryKind(Func<long, nint> Allocate, Action<nint> Free);
