using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VitGrid.Runtime.Backends.OnnxRuntime;

/// <summary>What ONNX Runtime finds in its environment when it is loaded: above all, that it is to send nothing about its use.</summary>
internal static partial class NativeEnvironment
{
    /// <summary>
    /// The variable that keeps ONNX Runtime's telemetry from starting: no uploader, no name looked up, no store with a device id.
    /// </summary>
    internal const string DisableTelemetry = "ORT_DISABLE_TELEMETRY";

    /// <summary>
    /// Runs before anything of this assembly does, and nothing else calls ONNX Runtime. It reads the C library's environment, which the
    /// framework's copy (<see cref="Environment.SetEnvironmentVariable(string, string)"/>) never reaches, once, while it is being loaded.
    /// </summary>
#pragma warning disable CA2255 // It must be earlier than any caller could ask for it.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Prepare()
    {
        Environment.SetEnvironmentVariable(DisableTelemetry, "1");
        if (!OperatingSystem.IsWindows())
            _ = SetVariable(DisableTelemetry, "1", 1);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
