using System.Diagnostics;

namespace VitGrid.LoadTest.BeforeAfter;

/// <summary>A checkout whose benchmarks and server were built in Release.</summary>
/// <param name="Folder">The checkout, absolute.</param>
internal sealed record Build(string Folder)
{
    private const int Attempts = 3;

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

    /// <summary>Runs a benchmark to its end; one that fails is run again, as a busy machine can make it miss a limit of its own.</summary>
    /// <param name="scene">The benchmark.</param>
    /// <param name="failed">Called with a run that failed.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <returns>What it printed, and the processor time that it and its children took.</returns>
    /// <exception cref="InvalidOperationException">It ended with another code than 0 three times.</exception>
    public async Task<(string Printed, TimeSpan Processor)> RunAsync(
        BenchmarkScene scene, Action<string> failed, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                TimeSpan before = ChildrenTime.Now;
                string printed = await RunAsync(Benchmarks, [scene.Name, .. scene.Arguments], cancellationToken);
                return (printed, ChildrenTime.Now - before);
            }
            catch (InvalidOperationException exception) when (attempt < Attempts)
            {
                failed(exception.Message.Split('\n')[0]);
            }
        }
    }

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
