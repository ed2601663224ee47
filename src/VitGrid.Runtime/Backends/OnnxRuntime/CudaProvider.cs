using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace VitGrid.Runtime.Backends.OnnxRuntime;

/// <summary>ONNX Runtime's CUDA execution provider: whether it is here and starts.</summary>
internal static class CudaProvider
{
    public const string Name = "CUDAExecutionProvider";
    private const string CudaDnn = "libcudnn.so.9";

    /// <summary>What keeps the provider from running; null when nothing does.</summary>
    public static DeviceFault? Fault()
    {
        // In a build without CUDA the mere making of its options throws.
        if (!OnnxRuntimeLibrary.ExecutionProviders.Contains(Name))
        {
            return new(
                "this build has ONNX Runtime for the CPU only",
                $"build with -p:VitGridFlavor=cuda, or lay the CUDA build of ONNX Runtime {OnnxRuntimeLibrary.Version} beside the "
                    + $"program (docs/gpu.md)");
        }
        try
        {
            using OrtCUDAProviderOptions cuda = new();
            // Loads the provider and, unlike what comes later, says which library it misses.
            cuda.UpdateOptions(new() { ["device_id"] = "0" });
        }
        catch (OnnxRuntimeException exception)
        {
            return new(
                $"ONNX Runtime's CUDA provider does not load: {Reason(exception.Message)}",
                "install CUDA's run-time libraries, or name their folders in LD_LIBRARY_PATH");
        }
        return OperatingSystem.IsLinux() && !HasLibrary(CudaDnn)
            ? new($"cuDNN ({CudaDnn}) is not found",
                "install cuDNN 9 for the CUDA version of ONNX Runtime, or name its folder in LD_LIBRARY_PATH")
            : null;
    }

    /// <summary>The loader's own words, without the places in ONNX Runtime's source that they come through.</summary>
    private static string Reason(string message) =>
        message[Math.Max(0, message.IndexOf("Failed to load", StringComparison.Ordinal))..].Trim();

    private static bool HasLibrary(string name)
    {
        bool found = NativeLibrary.TryLoad(name, out nint library);
        if (found)
            NativeLibrary.Free(library);
        return found;
    }
}
