using System.Diagnostics;

namespace VitGrid.LoadTest.Processes;

/// <summary>API keys in a file of the harness's own, made by <c>vitgrid keys create</c> for a server that needs them.</summary>
internal sealed class KeyFile
{
    private readonly string _server;
    private readonly string _file;

    /// <summary>An empty one in <paramref name="folder"/>, in place of what an earlier run left there.</summary>
    /// <param name="server">The program, vitgrid.dll.</param>
    /// <param name="folder">Made where it is missing.</param>
    public KeyFile(string server, string folder)
    {
        Directory.CreateDirectory(folder);
        (_server, _file) = (server, Path.GetFullPath(Path.Combine(folder, "keys.json")));
        File.Delete(_file);
    }

    /// <summary>What <c>vitgrid serve</c> is started with, so that it needs one of them.</summary>
    public string[] ServeArguments => ["--VitGrid:Auth:Mode=required", $"--VitGrid:Auth:KeyFile={_file}"];

    /// <summary>Makes a key with the usual scopes and no limits.</summary>
    /// <exception cref="InvalidOperationException">The program made none.</exception>
    public async Task<string> CreateAsync(string name, CancellationToken cancellationToken)
    {
        ProcessStartInfo start = new("dotnet", [_server, "keys", "create", name, "--file", _file]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
        string key = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0
            ? key.Trim() : throw new InvalidOperationException($"'keys create {name}' ended with {process.ExitCode}");
    }
}
