using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Server.Hosting.Options;
using VitGrid.Settings;

namespace VitGrid.Server.Verbs.Doctor;

/// <summary>Looks at the execution providers that ONNX Runtime loads as plug-ins: those that are configured, and installed ones.</summary>
internal static class PluginChecks
{
    private static readonly (Precision Precision, string Name)[] Precisions = [(Precision.Fp32, "fp32"), (Precision.Bf16, "bf16")];

    /// <summary>A finding for each configured plug-in, and for each installed one that is not configured.</summary>
    public static IEnumerable<Finding> Find(RuntimeOptions runtime, Func<string, string?> variable)
    {
        IExecutionBackend[] configured = [.. runtime.Backends.Except(ExecutionBackends.All)];
        HashSet<string> known = [.. runtime.Providers.Select(provider => RealPath(provider.Library))];
        return
        [
            .. configured.Select(Configured),
            .. InstalledPlugins.Find(variable).Where(plugin => !known.Contains(RealPath(plugin.Library))).Select(Installed),
        ];
    }

    private static Finding Configured(IExecutionBackend backend)
    {
        DeviceSurvey survey = backend.Survey();
        string subject = $"plug-in {backend.Kind}";
        return survey.Fault is { } fault
            ? new(subject, Health.Missing, fault.Fact, fault.Remedy)
            : new(subject, Health.Good, Describe(backend, survey));
    }

    private static Finding Installed(PluginProvider plugin)
    {
        SettingPath setting = SettingPath.Root[nameof(ServerOptions.Runtime)][nameof(RuntimeOptions.Providers)][plugin.Name];
        IExecutionBackend backend = ExecutionBackends.With([plugin])[^1];
        DeviceSurvey survey = backend.Survey();
        string subject = $"plug-in {plugin.Name}";
        return survey.Fault is { } fault
            ? new(subject, Health.Optional, $"{plugin.Library} is installed, but of no use: {fault.Fact}", fault.Remedy)
            : new(
                subject, Health.Optional, $"{plugin.Library} is installed and would bring {Describe(backend, survey)}",
                $"set {setting[nameof(ProviderSettings.Library)]} to it, then use --devices {plugin.Name}:0 (docs/accelerators.md)");
    }

    /// <summary><c>openvino:0</c> with its provider and what each precision is computed as there.</summary>
    private static string Describe(IExecutionBackend backend, DeviceSurvey survey)
    {
        string devices = string.Join(", ", survey.Devices.Select(device => $"{device.Spec.Name} ({device.Model})"));
        string computes = string.Join(", ", Precisions.Select(precision => backend.FindArithmetic(precision.Precision) is { } arithmetic
            ? $"{precision.Name} as {arithmetic.Name}" : $"no {precision.Name}"));
        return $"{devices} by {survey.Devices[0].Provider}: {computes}";
    }

    private static string RealPath(string path) =>
        (File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName : null) ?? Path.GetFullPath(path);
}
