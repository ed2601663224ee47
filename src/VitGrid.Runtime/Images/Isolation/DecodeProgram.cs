namespace VitGrid.Runtime.Images.Isolation;

/// <summary>How a process is started that runs <see cref="DecoderChild"/>.</summary>
/// <param name="FileName">The program.</param>
/// <param name="Arguments">Its arguments; the path of the shared memory is appended.</param>
public sealed record DecodeProgram(string FileName, IReadOnlyList<string> Arguments)
{
    // Where .NET and the native libraries are found; nothing that configures VitGrid, no password, no proxy.
    private static readonly string[] Passed =
    [
        "PATH", "HOME", "TMPDIR", "TEMP", "TMP", "LANG", "LC_ALL", "SystemRoot", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DOTNET_ROOT",
        "DOTNET_ROOT_X64", "DOTNET_ROOT_ARM64", "DOTNET_BUNDLE_EXTRACT_BASE_DIR", "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT",
    ];

    /// <summary>The environment of the process.</summary>
    internal static IEnumerable<(string Name, string Value)> Environment() => Passed
        .Select(name => (name, System.Environment.GetEnvironmentVariable(name)))
        .Where(variable => variable.Item2 is not null)
        .Select(variable => (variable.name, variable.Item2!))
        // One heap, collected in the foreground; no socket for debuggers.
        .Concat([("DOTNET_gcServer", "0"), ("DOTNET_gcConcurrent", "0"), ("DOTNET_EnableDiagnostics", "0")]);
}
