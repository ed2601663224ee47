using System.Diagnostics;
using System.Reflection;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;

namespace VitGrid.Runtime.Tests.Backends.OnnxRuntime.Plugins;

/// <summary>The plug-in of <c>plugin.c</c>, compiled in a folder of its own.</summary>
internal sealed class CompiledPlugin : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vitgrid-plugin-");

    /// <param name="name">The kind of its devices.</param>
    /// <param name="definitions">What the compiler is told, such as <c>API=99</c>.</param>
    public CompiledPlugin(string name, params string[] definitions)
    {
        Library = Path.Combine(_folder.FullName, $"lib{name}.so");
        string[] arguments =
        [
            "-shared", "-fPIC", .. definitions.Select(definition => $"-D{definition}"), $"-I{Headers}",
            Path.Combine(AppContext.BaseDirectory, "Backends", "OnnxRuntime", "Plugins", "plugin.c"), "-o", Library,
        ];
        using Process compiler = Process.Start(new ProcessStartInfo("cc", arguments) { RedirectStandardError = true })!;
        string said = compiler.StandardError.ReadToEnd();
        compiler.WaitForExit();
        Assert.True(compiler.ExitCode == 0, said);
        Provider = new(name, Library);
    }

    /// <summary>Where it lies.</summary>
    public string Library { get; }

    /// <summary>What a configuration would say of it.</summary>
    public PluginProvider Provider { get; init; }

    /// <summary>Its first device.</summary>
    public DeviceSpec Device => DeviceList.Parse($"{Provider.Name}:0", ExecutionBackends.With([Provider]))[0];

    /// <summary>Why none can be made; null where one can.</summary>
    public static string? WhyNot
    {
        get
        {
            if (!OperatingSystem.IsLinux())
                return "the plug-in is compiled for Linux alone";
            if (!File.Exists(Path.Combine(Headers, "onnxruntime_c_api.h")))
                return "this build of ONNX Runtime has no headers";
            IEnumerable<string> folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
            return folders.Any(folder => File.Exists(Path.Combine(folder, "cc"))) ? null : "there is no C compiler (cc)";
        }
    }

    private static string Headers => typeof(CompiledPlugin).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(fact => fact.Key == "OnnxRuntimeHeaders").Value!;

    public void Dispose() => _folder.Delete(recursive: true);
}

/// <summary>A fact about a plug-in that is compiled first; skipped, with the reason, where none can be.</summary>
internal sealed class CompiledPluginFactAttribute : FactAttribute
{
    public CompiledPluginFactAttribute() => Skip = CompiledPlugin.WhyNot;
}
