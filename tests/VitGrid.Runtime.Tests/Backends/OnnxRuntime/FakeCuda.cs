using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using VitGrid.Runtime.Backends.OnnxRuntime;

namespace VitGrid.Runtime.Tests.Backends.OnnxRuntime;

/// <summary>
/// A driver of two cards made of host memory: the functions that a real one exports, under their names, called through the same pointers.
/// Its tests share its state, so they run one after another.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed unsafe class FakeCuda
{
    public const string Name = "fake CUDA driver";

    private const int OutOfMemory = 2, InvalidDevice = 101, InvalidContext = 201;
    private const int FirstHandle = 100;

    private static readonly (string Model, long Memory, int Major, int Minor, int Processors, int Kilohertz)[] Cards =
    [
        ("NVIDIA H100 80GB HBM3", 80L << 30, 9, 0, 132, 1_830_000),
        ("Tesla T4", 15L << 30, 7, 5, 40, 1_590_000),
    ];

    private static int s_startResult;

    [ThreadStatic]
    private static nint t_context;

    /// <summary>Addresses that are allocated now.</summary>
    internal static ConcurrentDictionary<nint, long> Live { get; } = new();

    /// <summary>Contexts retained and not released.</summary>
    internal static int Contexts { get; private set; }

    /// <summary>Bytes copied so far.</summary>
    internal static long Copied { get; private set; }

    internal static CudaDriver Driver(int startResult = 0)
    {
        s_startResult = startResult;
        t_context = 0;
        return new(Export);
    }

    private static nint Export(string name) => name switch
    {
        "cuInit" => (nint)(delegate* unmanaged<uint, int>)&Init,
        "cuDeviceGetCount" => (nint)(delegate* unmanaged<int*, int>)&Count,
        "cuDeviceGet" => (nint)(delegate* unmanaged<int*, int, int>)&Device,
        "cuDeviceGetName" => (nint)(delegate* unmanaged<byte*, int, int, int>)&ModelName,
        "cuDeviceTotalMem_v2" => (nint)(delegate* unmanaged<nuint*, int, int>)&TotalMemory,
        "cuDeviceGetAttribute" => (nint)(delegate* unmanaged<int*, int, int, int>)&Attribute,
        "cuDevicePrimaryCtxRetain" => (nint)(delegate* unmanaged<nint*, int, int>)&Retain,
        "cuDevicePrimaryCtxRelease_v2" => (nint)(delegate* unmanaged<int, int>)&Release,
        "cuCtxSetCurrent" => (nint)(delegate* unmanaged<nint, int>)&SetCurrent,
        "cuThreadExchangeStreamCaptureMode" => (nint)(delegate* unmanaged<int*, int>)&ExchangeMode,
        "cuMemGetInfo_v2" => (nint)(delegate* unmanaged<nuint*, nuint*, int>)&MemoryInfo,
        "cuMemAlloc_v2" => (nint)(delegate* unmanaged<nint*, nuint, int>)&Allocate,
        "cuMemFree_v2" or "cuMemFreeHost" => (nint)(delegate* unmanaged<nint, int>)&Free,
        "cuMemHostAlloc" => (nint)(delegate* unmanaged<nint*, nuint, uint, int>)&AllocateHost,
        "cuMemcpy" => (nint)(delegate* unmanaged<nint, nint, nuint, int>)&Copy,
        "cuStreamSynchronize" => (nint)(delegate* unmanaged<nint, int>)&Synchronise,
        _ => throw new EntryPointNotFoundException(name),
    };

    [UnmanagedCallersOnly]
    private static int Init(uint flags) => s_startResult;

    [UnmanagedCallersOnly]
    private static int Count(int* count)
    {
        *count = Cards.Length;
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int Device(int* device, int ordinal)
    {
        *device = FirstHandle + ordinal;
        return ordinal < Cards.Length ? 0 : InvalidDevice;
    }

    [UnmanagedCallersOnly]
    private static int ModelName(byte* name, int length, int device)
    {
        Encoding.UTF8.GetBytes(Cards[device - FirstHandle].Model + "\0", new Span<byte>(name, length));
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int TotalMemory(nuint* bytes, int device)
    {
        *bytes = (nuint)Cards[device - FirstHandle].Memory;
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int Attribute(int* value, int attribute, int device)
    {
        var card = Cards[device - FirstHandle];
        *value = attribute switch { 13 => card.Kilohertz, 16 => card.Processors, 75 => card.Major, 76 => card.Minor, _ => -1 };
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int Retain(nint* context, int device)
    {
        *context = device;
        Contexts++;
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int Release(int device)
    {
        Contexts--;
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int SetCurrent(nint context)
    {
        t_context = context;
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int ExchangeMode(int* mode) => *mode == 2 ? 0 : 1;

    [UnmanagedCallersOnly]
    private static int MemoryInfo(nuint* free, nuint* total)
    {
        *total = (nuint)Cards[(int)t_context - FirstHandle].Memory;
        *free = *total - (1 << 30);
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int Allocate(nint* address, nuint bytes) => Take(address, bytes);

    [UnmanagedCallersOnly]
    private static int AllocateHost(nint* address, nuint bytes, uint flags) => Take(address, bytes);

    [UnmanagedCallersOnly]
    private static int Free(nint address)
    {
        if (!Live.TryRemove(address, out _))
            return 1;
        NativeMemory.AlignedFree((void*)address);
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int Copy(nint target, nint source, nuint bytes)
    {
        if (t_context == 0)
            return InvalidContext;
        Copied += (long)bytes;
        NativeMemory.Copy((void*)source, (void*)target, bytes);
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int Synchronise(nint stream) => 0;

    /// <summary>As the driver: 256-byte aligned, refused without a context, full of what was there before.</summary>
    private static int Take(nint* address, nuint bytes)
    {
        if (t_context == 0)
            return InvalidContext;
        if (bytes > 1 << 30)
            return OutOfMemory;
        *address = (nint)NativeMemory.AlignedAlloc(bytes, 256);
        new Span<byte>((void*)*address, (int)bytes).Fill(0xFF);
        Live[*address] = (long)bytes;
        return 0;
    }
}
