using System.Diagnostics;

namespace VitGrid.LoadTest.BeforeAfter;

/// <summary>A checkout whose benchmarks and server were built in Release.</summary>
/// <param name="Folder">The checkout, absolute.</param>
internal sealed record Build(string Folder)
{
    private string Benchmarks => Path.Combine(Folder, "loadtest", "VitGrid.Benchmarks", "bin", "Release", "net10.0", "vitgrid-benchmarks");

    private string Server => Path.Combine(Folder, "src", "VitGrid.Server", "bin", "Release", "net10.0", "vitgrid.dll");

    /// <summary>Takes a folder.</summary>
    /// <exception cref="FileNotFoundException">Something was not built there.</exception>
    public static Build Open(string folder)
    {
        Build build = new(Path.GetFullPath(folder));
        return new[] { build.Benchmarks, build.Server }.FirstOrDefault(file => !File.Exists(file)) is { } missing
            ? throw new FileNotFoundException($"{missing} does not exist; run `dotnet build -c Release` in {build.Folder}")
            : build;
    }

    /// <summary>Tells what git says of its commit.</summary>
    public Task<string> CommitAsync(CancellationToken cancellationToken) =>
        RunAsync("git", ["describe", "--always", "--dirty", "--abbrev=7"], cancellationToken);

    /// <summary>Runs a benchmark to its end.</summary>
    /// <returns>What it printed.</returns>
    /// <exception cref="InvalidOperationException">It ended with another code than 0.</exception>
    public Task<string> RunAsync(BenchmarkScene scene, CancellationToken cancellationToken) =>
        RunAsync(Benchmarks, [scene.Name, .. scene.Arguments], cancellationToken);

    private async Task<string> RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.WorkingDirectory = Folder;
        using Process process = Process.Start(start)!;
        try
        {
            Task<string> errors = process.StandardError.ReadToEndAsync(cancellationToken);
            string printed = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0
                ? printed.Trim()
                : throw new InvalidOperationException($"{program} {arguments[0]} ended with code {process.ExitCode}: {await errors}");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
