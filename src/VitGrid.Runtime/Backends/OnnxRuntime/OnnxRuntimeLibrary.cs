using Microsoft.ML.OnnxRuntime;

namespace VitGrid.Runtime.Backends.OnnxRuntime;

/// <summary>The ONNX Runtime that was found.</summary>
internal static class OnnxRuntimeLibrary
{
    /// <summary>What <c>doctor</c> says of it.</summary>
    public static BackendLibrary Described { get; } = new(
        "onnx runtime",
        "publish for this platform (dotnet publish -r RID); on Linux it needs glibc 2.27 or later and libstdc++",
        () => $"{Version}: {string.Join(", ", ExecutionProviders)}");

    /// <summary>Its version.</summary>
    public static string Version => OrtEnv.Instance().GetVersionString();

    /// <summary>Its execution providers, e.g. <c>CPUExecutionProvider</c>.</summary>
    public static IReadOnlyList<string> ExecutionProviders => OrtEnv.Instance().GetAvailableProviders();
}
