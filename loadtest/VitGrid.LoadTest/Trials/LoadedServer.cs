using VitGrid.LoadTest.Bench;
using VitGrid.LoadTest.Processes;
using VitGrid.LoadTest.Reports;

namespace VitGrid.LoadTest.Trials;

/// <summary>A server of the trial's own and the loads on it.</summary>
internal sealed class LoadedServer : IDisposable
{
    /// <summary>Growth that still counts as flat: what a few dozen images of request buffers may still add.</summary>
    private const double FlatMebibytes = 64;

    /// <summary>Requests under way at once when capacity is measured: enough to fill every batch.</summary>
    private const int Saturating = 32;

    /// <summary>How often capacity is measured.</summary>
    private const int Times = 3;

    private readonly List<long> _resident = [];
    private readonly ServerProcess _server;
    private readonly TextWriter _progress;
    private readonly DirectoryInfo _folder;

    private LoadedServer(ServerProcess server, TextWriter progress, DirectoryInfo folder, IReadOnlyDictionary<string, string> keys) =>
        (_server, _progress, _folder, Keys) = (server, progress, folder, keys);

    /// <summary>What it computes with.</summary>
    public TrialDevice Device { get; private init; } = TrialDevice.AsTold;

    /// <summary>Where it takes images.</summary>
    public Uri Address => new(_server.Address, "v1/embeddings");

    /// <summary>The keys it knows, by name; where there are any, it needs one.</summary>
    public IReadOnlyDictionary<string, string> Keys { get; }

    /// <summary>Starts <paramref name="program"/> (vitgrid.dll), which needs a key where <paramref name="keys"/> names some.</summary>
    public static async Task<LoadedServer> StartAsync(
        string program, IEnumerable<string> arguments, IEnumerable<string> keys, CancellationToken cancellationToken,
        TrialDevice? device = null)
    {
        device ??= TrialDevice.AsTold;
        DirectoryInfo folder = Directory.CreateTempSubdirectory("vitgrid-loadtest-");
        try
        {
            KeyFile file = new(program, folder.FullName);
            Dictionary<string, string> made = [];
            foreach (string name in keys)
                made[name] = await file.CreateAsync(name, cancellationToken);
            ServerProcess server = await ServerProcess.StartReadyAsync(
                program, [.. made.Count > 0 ? file.ServeArguments : [], .. device.Arguments, .. arguments], cancellationToken);
            return new(server, Console.Error, folder, made) { Device = device };
        }
        catch
        {
            folder.Delete(recursive: true);
            throw;
        }
    }

    /// <summary>Puts a load on it; the first <paramref name="warmUp"/> of it does not count.</summary>
    public async Task<BenchReport> RunAsync(
        string name, BenchOptions options, CancellationToken cancellationToken, TimeSpan warmUp = default)
    {
        BenchOptions load = options with { Address = Address, WarmUp = warmUp };
        await _progress.WriteLineAsync($"{name}: {BenchWords.Load(load)}");
        using BenchRun run = new(load);
        return await run.RunAsync(name, new(_progress, isTerminal: false), cancellationToken);
    }

    /// <summary>Requests a second under full load: the least of three times, for others use the machine too.</summary>
    /// <exception cref="InvalidOperationException">It answers nothing.</exception>
    public async Task<double> CapacityAsync(BenchOptions options, TimeSpan length, CancellationToken cancellationToken)
    {
        BenchOptions saturating = options with { Rates = [], Connections = Saturating, Duration = length };
        // As long as the runtime takes to compile what is called often: measured before, a capacity is half of what it is.
        await RunAsync("warm-up", saturating with { Duration = 3 * length }, cancellationToken);
        double least = double.PositiveInfinity;
        for (int time = 0; time < Times; time++)
        {
            StepReport step = (await RunAsync("capacity", saturating, cancellationToken)).Steps[0];
            if (step.Answered == 0)
                throw new InvalidOperationException($"the server answers nothing: {string.Join(", ", step.Faults.Keys)}");
            least = Math.Min(least, step.RequestsPerSecond);
        }
        return least;
    }

    /// <summary>Reads its memory once a second until <paramref name="cancellationToken"/>.</summary>
    public async Task WatchMemoryAsync(CancellationToken cancellationToken)
    {
        _resident.Clear();
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(1));
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
                _resident.Add(_server.Process.ResidentBytes());
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>The most memory that was seen.</summary>
    public double LargestMebibytes => _resident.DefaultIfEmpty().Max() / (double)(1 << 20);

    /// <summary>Whether memory grew after the first third of the time it was watched.</summary>
    public Check Memory() => MemoryOf(_resident);

    /// <summary>The same of resident bytes, oldest first.</summary>
    public static Check MemoryOf(IReadOnlyList<long> resident) => resident.Count == 0
        ? new("memory", "not watched", "flat", Holds: false)
        : Check.AtMost($"memory, {resident[^1] >> 20} MiB at the end, grew after the first third by",
            (resident[^1] - resident[resident.Count / 3]) / (double)(1 << 20), FlatMebibytes, "MiB");

    /// <inheritdoc/>
    public void Dispose()
    {
        _server.Dispose();
        _folder.Delete(recursive: true);
    }
}
