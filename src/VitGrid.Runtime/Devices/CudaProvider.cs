using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace VitGrid.Runtime.Devices;

/// <summary>ONNX Runtime's CUDA execution provider: whether it is here and starts.</summary>
internal static class CudaProvider
{
    public const string Name = "CUDAExecutionProvider";
    private const string CudaDnn = "libcudnn.so.9";

    /// <summary>What keeps the provider from running, with the remedy; null when nothing does.</summary>
    public static string? Fault()
    {
        // In a build without CUDA the mere making of its options throws.
        if (!HostMachine.ExecutionProviders.Contains(Name))
        {
            return "this build has ONNX Runtime for the CPU only; build with -p:VitGridFlavor=cuda, or lay the CUDA build of ONNX Runtime "
                + $"{HostMachine.OnnxRuntimeVersion} beside the program (docs/gpu.md)";
        }
        try
        {
            using SessionOptions options = new();
            using OrtCUDAProviderOptions cuda = new();
            options.AppendExecutionProvider_CUDA(cuda);
        }
        catch (OnnxRuntimeException failure)
        {
            return $"ONNX Runtime's CUDA provider does not load: {failure.Message.Trim()}; install CUDA's run-time libraries, or name their folders in LD_LIBRARY_PATH";
        }
        return OperatingSystem.IsLinux() && !HasLibrary(CudaDnn)
            ? $"cuDNN ({CudaDnn}) is not found; install cuDNN 9 for the CUDA version of ONNX Runtime, or name its folder in LD_LIBRARY_PATH"
            : null;
    }

    private static bool HasLibrary(string name)
    {
        bool found = NativeLibrary.TryLoad(name, out nint library);
        if (found)
            NativeLibrary.Free(library);
        return found;
    }
}
