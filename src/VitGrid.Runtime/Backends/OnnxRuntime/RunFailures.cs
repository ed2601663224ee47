using System.Collections.Frozen;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.ML.OnnxRuntime;
using VitGrid.Runtime.Devices;
using VitGrid.Runtime.Health;

namespace VitGrid.Runtime.Backends.OnnxRuntime;

/// <summary>
/// Tells from what ONNX Runtime or the CUDA driver said whether the input, the size of the batch, the device or its context is at fault.
/// ONNX Runtime passes the codes of CUDA's libraries on in its text alone: <c>CUDA failure 700: an illegal memory access was
/// encountered ; GPU=0 ; …</c>. Pure.
/// </summary>
internal static partial class RunFailures
{
    /// <summary>
    /// Codes after which every further call of the process fails with the same one, until it is started anew. The numbers of the runtime
    /// API (cudaError_t) are those of the driver API (CUresult). Source: NVIDIA CUDA Runtime API, "Data types used by CUDA Runtime",
    /// cudaError_t: "To continue using CUDA, the process must be terminated and relaunched"; the last three of the list have no such
    /// sentence there: the context is gone (201, 709), or the card holds memory that it cannot read (214).
    /// </summary>
    public static FrozenDictionary<int, string> LostContexts { get; } = new Dictionary<int, string>
    {
        [226] = "cudaErrorContained",
        [700] = "cudaErrorIllegalAddress",
        [702] = "cudaErrorLaunchTimeout",
        [710] = "cudaErrorAssert",
        [714] = "cudaErrorHardwareStackError",
        [715] = "cudaErrorIllegalInstruction",
        [716] = "cudaErrorMisalignedAddress",
        [717] = "cudaErrorInvalidAddressSpace",
        [718] = "cudaErrorInvalidPc",
        [719] = "cudaErrorLaunchFailure",
        [721] = "cudaErrorTensorMemoryLeak",
        [810] = "cudaErrorMpsClientTerminated",
        [911] = "cudaErrorExternalDevice",
        [201] = "cudaErrorDeviceUninitialized",
        [214] = "cudaErrorECCUncorrectable",
        [709] = "cudaErrorContextIsDestroyed",
    }.ToFrozenDictionary();

    private const int OutOfMemory = 2;

    /// <summary>How what ONNX Runtime puts before its messages ends where the input is at fault.</summary>
    private const string InvalidInput = ":InvalidArgument]";

    /// <summary>Texts of those that run out of memory: ONNX Runtime's arena, the C++ library, cuBLAS and cuDNN.</summary>
    private static readonly string[] OutOfMemoryTexts =
    [
        "Failed to allocate memory for requested buffer", "is smaller than requested bytes", "bad_alloc", "bad allocation",
        "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED", "out of memory",
    ];

    /// <summary>What a failure of ONNX Runtime or of the driver means; null for any other exception.</summary>
    public static SegmentRunException? Find(Exception exception) => exception switch
    {
        OnnxRuntimeException => new(FromText(exception.Message), exception.Message, exception),
        DeviceException { Code: var code } => new(FromCode(code), exception.Message, exception),
        _ => null,
    };

    /// <summary>What a message of ONNX Runtime means.</summary>
    public static RunFailure FromText(string message)
    {
        // The first code is the cause, should a clean-up have failed after it.
        if (CudaCode().Match(message) is { Success: true } match)
            return FromCode(int.Parse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture));
        if (Array.Exists(OutOfMemoryTexts, text => message.Contains(text, StringComparison.OrdinalIgnoreCase)))
            return RunFailure.Memory;
        return message.Contains(InvalidInput, StringComparison.Ordinal) ? RunFailure.Input : RunFailure.Device;
    }

    private static RunFailure FromCode(int code) =>
        code == OutOfMemory ? RunFailure.Memory : LostContexts.ContainsKey(code) ? RunFailure.Context : RunFailure.Device;

    [GeneratedRegex(@"\bCUDA failure (\d{1,5})\b", RegexOptions.CultureInvariant)]
    private static partial Regex CudaCode();
}
