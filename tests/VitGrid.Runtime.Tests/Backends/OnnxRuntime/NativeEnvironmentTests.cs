using System.Runtime.InteropServices;
using VitGrid.Runtime.Backends.OnnxRuntime;

namespace VitGrid.Runtime.Tests.Backends.OnnxRuntime;

/// <summary>What ONNX Runtime is told before it is loaded.</summary>
public sealed partial class NativeEnvironmentTests
{
    [Fact]
    public void Telemetry_is_off_in_the_environment_that_the_runtime_reads_once_anything_here_was_used()
    {
        Assert.NotEmpty(OnnxRuntimeLibrary.Version);
        Assert.Equal("1", Environment.GetEnvironmentVariable("ORT_DISABLE_TELEMETRY"));
        Assert.Equal("1", OperatingSystem.IsWindows() ? "1" : Marshal.PtrToStringUTF8(Variable("ORT_DISABLE_TELEMETRY")));
    }

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Variable(string name);
}
