using System.Reflection;
using VitGrid.Tests.Golden;

namespace VitGrid.Aspire.Tests;

/// <summary>A test that has Aspire's own orchestrator start processes, no containers; skipped where that or a Redis is missing.</summary>
public sealed class OrchestratedFactAttribute : FactAttribute
{
    /// <summary>Looks.</summary>
    public OrchestratedFactAttribute()
    {
        string paths = Environment.GetEnvironmentVariable("PATH") ?? "";
        if (!File.Exists(Orchestrator))
            Skip = "Aspire's orchestrator is not there";
        else if (!paths.Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "redis-server"))))
            Skip = "there is no redis-server";
    }

    internal static string Orchestrator { get; } = typeof(OrchestratedFactAttribute).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == "dcpclipath").Value!;

    /// <summary>The server that was built with this test.</summary>
    internal static string Server { get; } = Path.Combine(
        GoldenFiles.Repository, "src", "VitGrid.Server", "bin",
        Path.GetFileName(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)))!, "net10.0", "vitgrid.dll");
}
