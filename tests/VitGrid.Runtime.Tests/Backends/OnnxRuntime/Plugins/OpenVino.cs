using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Devices;
using VitGrid.Runtime.Execution;

namespace VitGrid.Runtime.Tests.Backends.OnnxRuntime.Plugins;

/// <summary>OpenVINO's plug-in, where the environment names its library.</summary>
internal static class OpenVino
{
    private const string Variable = "VITGRID_OPENVINO";

    /// <summary>Its first device.</summary>
    public static DeviceSpec Device => DeviceList.Parse("openvino:0", Backends)[0];

    /// <summary>All backends, OpenVINO's among them.</summary>
    public static IReadOnlyList<IExecutionBackend> Backends { get; } =
        ExecutionBackends.With([new("openvino", Environment.GetEnvironmentVariable(Variable) ?? "libopenvino-is-not-named.so")]);

    /// <summary>Why nothing of it can be tried; null where it can.</summary>
    public static string? WhyNot => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 }
        ? null : $"{Variable} does not name libonnxruntime_providers_openvino_plugin.so";

    /// <summary>Why bf16 cannot be tried; null where it can.</summary>
    public static string? WhyNotBFloat16 =>
        WhyNot ?? (HostMachine.HasBFloat16 ? null : "this processor has neither AMX nor AVX-512 BF16");
}

/// <summary>OpenVINO's library under a name by which VitGrid does not know it.</summary>
internal sealed class UnknownOpenVino : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vitgrid-plugin-");

    public UnknownOpenVino()
    {
        string library = Environment.GetEnvironmentVariable("VITGRID_OPENVINO")!;
        foreach (string file in Directory.EnumerateFiles(Path.GetDirectoryName(library)!))
            File.CreateSymbolicLink(
                Path.Combine(_folder.FullName, file == library ? "libunknown.so" : Path.GetFileName(file)), file);
        PluginProvider provider = new("unknown", Path.Combine(_folder.FullName, "libunknown.so"));
        Device = DeviceList.Parse("unknown:0", ExecutionBackends.With([provider]))[0];
    }

    /// <summary>Its device.</summary>
    public DeviceSpec Device { get; }

    public void Dispose() => _folder.Delete(recursive: true);
}

/// <summary>A theory that needs OpenVINO's library; skipped, with the reason, without it.</summary>
internal sealed class OpenVinoTheoryAttribute : TheoryAttribute
{
    public OpenVinoTheoryAttribute() => Skip = OpenVino.WhyNot;
}

/// <summary>
/// A fact that needs OpenVINO's library and a processor that multiplies in bf16; skipped, with the reason, without them.
/// </summary>
internal sealed class OpenVinoBFloat16FactAttribute : FactAttribute
{
    public OpenVinoBFloat16FactAttribute() => Skip = OpenVino.WhyNotBFloat16;
}

/// <summary>
/// A theory that needs OpenVINO's library and a processor that multiplies in bf16; skipped, with the reason, without them.
/// </summary>
internal sealed class OpenVinoBFloat16TheoryAttribute : TheoryAttribute
{
    public OpenVinoBFloat16TheoryAttribute() => Skip = OpenVino.WhyNotBFloat16;
}
