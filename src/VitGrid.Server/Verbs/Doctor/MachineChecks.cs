using System.Runtime.InteropServices;
using VitGrid.Runtime.Devices;

namespace VitGrid.Server.Verbs.Doctor;

/// <summary>Looks at the machine.</summary>
internal static class MachineChecks
{
    private const long EnoughMemory = 1L << 30;
    private const string CudaProvider = "CUDAExecutionProvider";

    public static Finding System() => new(
        "system", Health.Good, $"{RuntimeInformation.OSDescription} ({RuntimeInformation.RuntimeIdentifier}), {RuntimeInformation.FrameworkDescription}");

    public static Finding Processor()
    {
        string sets = string.Join(' ', HostMachine.InstructionSets);
        string fact = $"{HostMachine.Processor}, {Environment.ProcessorCount} cores, {(sets.Length > 0 ? sets : "no vector instructions known here")}";
        return RuntimeInformation.ProcessArchitecture != Architecture.X64 || sets.Contains("AVX2", StringComparison.Ordinal)
            ? new("processor", Health.Good, fact)
            : new("processor", Health.Optional, fact, "without AVX2 everything runs, several times slower; use a processor of 2013 or later");
    }

    public static Finding Memory()
    {
        string fact = $"{Amounts.Bytes(HostMachine.MemoryBytes)} for this process";
        return HostMachine.MemoryBytes >= EnoughMemory
            ? new("memory", Health.Good, fact)
            : new("memory", Health.Optional, fact, "enough for internvit-nano; the 300M model needs 2 GiB: raise the container's limit");
    }

    public static Finding Cuda() => (HasDriver(), Providers().Contains(CudaProvider)) switch
    {
        (true, true) => new("cuda", Health.Optional, "an NVIDIA driver and ONNX Runtime's CUDA provider, but this version of VitGrid computes on CPU devices only"),
        (true, false) => new("cuda", Health.Optional, "an NVIDIA driver, but this build has ONNX Runtime for the CPU only",
            "build with: dotnet build -c Release -p:VitGridFlavor=cuda (needs the package Microsoft.ML.OnnxRuntime.Gpu)"),
        (false, true) => new("cuda", Health.Optional, "ONNX Runtime's CUDA provider, but no NVIDIA driver",
            "install the NVIDIA driver (nvidia-smi must list the GPU); in a container, start it with --gpus all"),
        _ => new("cuda", Health.Optional, "no NVIDIA driver: CPU devices only",
            "on a machine with an NVIDIA GPU install its driver, then run doctor again"),
    };

    private static IReadOnlyList<string> Providers()
    {
        try
        {
            return HostMachine.ExecutionProviders;
        }
        catch (Exception failure) when (NativeFailure.Is(failure))
        {
            return [];
        }
    }

    private static bool HasDriver()
    {
        bool found = NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", out nint library);
        if (found)
            NativeLibrary.Free(library);
        return found;
    }
}
