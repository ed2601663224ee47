using System.Runtime.InteropServices;
using System.Text;
using VitGrid.Runtime.Devices;

namespace VitGrid.Runtime.Backends.OnnxRuntime;

/// <summary>
/// The few functions of NVIDIA's driver (<c>libcuda.so.1</c>, CUDA driver API) that VitGrid calls itself: to list devices, and to move
/// tensors between host and device. Found by name at run time, so that nothing of CUDA is needed where there is no GPU.
/// </summary>
internal sealed unsafe class CudaDriver
{
    /// <summary>CU_STREAM_CAPTURE_MODE_RELAXED.</summary>
    private const int Relaxed = 2;

    private readonly delegate* unmanaged<uint, int> _init;
    private readonly delegate* unmanaged<int*, int> _count;
    private readonly delegate* unmanaged<int*, int, int> _device;
    private readonly delegate* unmanaged<byte*, int, int, int> _name;
    private readonly delegate* unmanaged<nuint*, int, int> _totalMemory;
    private readonly delegate* unmanaged<int*, int, int, int> _attribute;
    private readonly delegate* unmanaged<nint*, int, int> _retainContext;
    private readonly delegate* unmanaged<int, int> _releaseContext;
    private readonly delegate* unmanaged<nint, int> _setContext;
    private readonly delegate* unmanaged<int*, int> _exchangeCaptureMode;
    private readonly delegate* unmanaged<nuint*, nuint*, int> _memoryInfo;
    private readonly delegate* unmanaged<nint*, nuint, int> _allocate;
    private readonly delegate* unmanaged<nint, int> _free;
    private readonly delegate* unmanaged<nint*, nuint, uint, int> _allocateHost;
    private readonly delegate* unmanaged<nint, int> _freeHost;
    private readonly delegate* unmanaged<nint, nint, nuint, int> _copy;
    private readonly delegate* unmanaged<nint, int> _synchronise;

    /// <param name="export">The address of a function by its exported name.</param>
    internal CudaDriver(Func<string, nint> export)
    {
        _init = (delegate* unmanaged<uint, int>)export("cuInit");
        _count = (delegate* unmanaged<int*, int>)export("cuDeviceGetCount");
        _device = (delegate* unmanaged<int*, int, int>)export("cuDeviceGet");
        _name = (delegate* unmanaged<byte*, int, int, int>)export("cuDeviceGetName");
        _totalMemory = (delegate* unmanaged<nuint*, int, int>)export("cuDeviceTotalMem_v2");
        _attribute = (delegate* unmanaged<int*, int, int, int>)export("cuDeviceGetAttribute");
        _retainContext = (delegate* unmanaged<nint*, int, int>)export("cuDevicePrimaryCtxRetain");
        _releaseContext = (delegate* unmanaged<int, int>)export("cuDevicePrimaryCtxRelease_v2");
        _setContext = (delegate* unmanaged<nint, int>)export("cuCtxSetCurrent");
        _exchangeCaptureMode = (delegate* unmanaged<int*, int>)export("cuThreadExchangeStreamCaptureMode");
        _memoryInfo = (delegate* unmanaged<nuint*, nuint*, int>)export("cuMemGetInfo_v2");
        _allocate = (delegate* unmanaged<nint*, nuint, int>)export("cuMemAlloc_v2");
        _free = (delegate* unmanaged<nint, int>)export("cuMemFree_v2");
        _allocateHost = (delegate* unmanaged<nint*, nuint, uint, int>)export("cuMemHostAlloc");
        _freeHost = (delegate* unmanaged<nint, int>)export("cuMemFreeHost");
        _copy = (delegate* unmanaged<nint, nint, nuint, int>)export("cuMemcpy");
        _synchronise = (delegate* unmanaged<nint, int>)export("cuStreamSynchronize");
    }

    /// <summary>The installed driver; null where there is none.</summary>
    public static CudaDriver? TryLoad() =>
        NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", out nint library)
        ? new(name => NativeLibrary.GetExport(library, name))
        : null;

    /// <summary>How many devices the driver shows to this process.</summary>
    /// <exception cref="DeviceException">The driver does not start: no GPU, or kernel module and library of different versions.</exception>
    public int CountDevices()
    {
        Check(_init(0), "cuInit");
        int count = 0;
        Check(_count(&count), "cuDeviceGetCount");
        return count;
    }

    public string Name(int ordinal)
    {
        Span<byte> name = stackalloc byte[256];
        fixed (byte* first = name)
            Check(_name(first, name.Length, Device(ordinal)), "cuDeviceGetName");
        return Encoding.UTF8.GetString(name[..name.IndexOf((byte)0)]);
    }

    public long TotalMemory(int ordinal)
    {
        nuint bytes = 0;
        Check(_totalMemory(&bytes, Device(ordinal)), "cuDeviceTotalMem");
        return (long)bytes;
    }

    public int Attribute(int ordinal, CudaAttribute attribute)
    {
        int value = 0;
        Check(_attribute(&value, (int)attribute, Device(ordinal)), "cuDeviceGetAttribute");
        return value;
    }

    /// <summary>The context of a device that ONNX Runtime works in too; it lives as long as the process.</summary>
    public nint PrimaryContext(int ordinal)
    {
        nint context = 0;
        Check(_retainContext(&context, Device(ordinal)), "cuDevicePrimaryCtxRetain");
        return context;
    }

    /// <summary>
    /// Makes a context the calling thread's. ONNX Runtime captures graphs in the mode in which no other thread may allocate or copy; a
    /// thread that is set to the relaxed mode may.
    /// </summary>
    public void Enter(nint context)
    {
        Check(_setContext(context), "cuCtxSetCurrent");
        int mode = Relaxed;
        Check(_exchangeCaptureMode(&mode), "cuThreadExchangeStreamCaptureMode");
    }

    /// <summary>Free bytes on a device. Leaves nothing behind on it: a context takes hundreds of megabytes.</summary>
    public long FreeMemory(int ordinal)
    {
        Check(_setContext(PrimaryContext(ordinal)), "cuCtxSetCurrent");
        nuint free = 0, total = 0;
        int result = _memoryInfo(&free, &total);
        Check(_setContext(0), "cuCtxSetCurrent");
        Check(_releaseContext(Device(ordinal)), "cuDevicePrimaryCtxRelease");
        Check(result, "cuMemGetInfo");
        return (long)free;
    }

    public nint Allocate(long bytes)
    {
        nint address = 0;
        Check(_allocate(&address, (nuint)bytes), "cuMemAlloc", bytes);
        return address;
    }

    public void Free(nint address) => Check(_free(address), "cuMemFree");

    public nint AllocateHost(long bytes)
    {
        nint address = 0;
        Check(_allocateHost(&address, (nuint)bytes, 0), "cuMemHostAlloc", bytes);
        return address;
    }

    public void FreeHost(nint address) => Check(_freeHost(address), "cuMemFreeHost");

    /// <summary>Copies between any two places, host or device, and waits until it is done: a copy alone may still be under way.</summary>
    public void Copy(nint target, nint source, long bytes)
    {
        Check(_copy(target, source, (nuint)bytes), "cuMemcpy", bytes);
        Check(_synchronise(0), "cuStreamSynchronize");
    }

    private int Device(int ordinal)
    {
        int device = 0;
        Check(_device(&device, ordinal), "cuDeviceGet");
        return device;
    }

    private static void Check(int result, string call, long bytes = 0)
    {
        if (result == 0)
            return;
        string what = result switch
        {
            2 => "out of memory",
            3 => "the driver is not started",
            100 => "no CUDA device is visible",
            101 => "no such device",
            803 => "library and kernel module are of different driver versions; restart the machine or the container",
            _ => "see CUresult in the CUDA driver API",
        };
        throw new DeviceException(
            $"CUDA driver: {call}{(bytes > 0 ? $" of {bytes} bytes" : "")} answered {result} ({what})",
            result);
    }
}

/// <summary>CUdevice_attribute.</summary>
internal enum CudaAttribute
{
    /// <summary>Peak clock, kHz.</summary>
    ClockRate = 13,
    MultiprocessorCount = 16,
    ComputeCapabilityMajor = 75,
    ComputeCapabilityMinor = 76,
}
