using System.Globalization;
using VitGrid.LoadTest.Processes;
using VitGrid.Structure.Checkouts;
using VitGrid.Probe;

namespace VitGrid.Structure.Coverage;

/// <summary>A copy of a checkout's server that notes which statements ran, in a scratch folder of its own.</summary>
internal sealed class InstrumentedServer : IDisposable
{
    private readonly ServerProcess _process;
    private readonly ProbeReader _reader;

    private InstrumentedServer(ServerProcess process, ProbeReader reader) => (_process, _reader) = (process, reader);

    /// <summary>Where it answers.</summary>
    public Uri Address => _process.Address;

    /// <summary>Instruments the build of <paramref name="checkout"/>, starts it on the bundled model and waits until it is ready.</summary>
    /// <param name="checkout">A checkout whose server was built in Release.</param>
    /// <param name="scratch">An empty folder.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public static async Task<InstrumentedServer> StartAsync(Checkout checkout, string scratch, CancellationToken cancellationToken)
    {
        CopyFolder(checkout.ServerOutput, scratch);
        Instrumenter instrumenter = new(checkout.Root);
        // Projects that the server does not use are not beside it.
        foreach (string file in checkout.Under("src").Select(project => Path.Combine(scratch, project.AssemblyName + ".dll"))
            .Where(File.Exists))
            instrumenter.Rewrite(file);
        string pipe = $"vitgrid-probe-{Guid.NewGuid():N}";
        SetEnvironment(typeof(HitProbe).Assembly.Location, instrumenter.Points.Count.ToString(CultureInfo.InvariantCulture), pipe);
        string assembly = Path.Combine(scratch, "vitgrid.dll"), model = Path.Combine(checkout.Server.Folder, "models", "internvit-nano");
        ServerProcess process = await ServerProcess.StartReadyAsync(assembly, ["--model", model], cancellationToken);
        SetEnvironment(null, null, null);
        return new(process, await ProbeReader.ConnectAsync(pipe, instrumenter.Points, cancellationToken));
    }

    /// <summary>Reads which points ran since the last reading, and forgets them.</summary>
    public Task<IReadOnlyCollection<ProbedPoint>> ReadAsync(CancellationToken cancellationToken) => _reader.ReadAsync(cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _reader.Dispose();
        _process.Dispose();
    }

    /// <summary>Sets what a child process inherits; null takes it away, so that no later one is probed.</summary>
    private static void SetEnvironment(string? hook, string? points, string? pipe)
    {
        Environment.SetEnvironmentVariable("DOTNET_STARTUP_HOOKS", hook);
        Environment.SetEnvironmentVariable("VITGRID_PROBE_POINTS", points);
        Environment.SetEnvironmentVariable("VITGRID_PROBE_PIPE", pipe);
    }

    private static void CopyFolder(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
