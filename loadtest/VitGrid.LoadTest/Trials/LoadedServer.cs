using VitGrid.LoadTest.Bench;
using VitGrid.LoadTest.Processes;
using VitGrid.LoadTest.Reports;

namespace VitGrid.LoadTest.Trials;

/// <summary>A server of the trial's own and the loads on it.</summary>
internal sealed class LoadedServer(ServerProcess server, TextWriter progress) : IDisposable
{
    /// <summary>Growth that still counts as flat: what a few dozen images of request buffers may still add.</summary>
    private const double FlatMebibytes = 64;

    /// <summary>Requests under way at once when capacity is measured: enough to fill every batch.</summary>
    private const int Saturating = 32;

    /// <summary>How often capacity is measured.</summary>
    private const int Times = 3;

    private readonly List<long> _resident = [];

    /// <summary>Where it takes images.</summary>
    public Uri Address { get; } = new(server.Address, "v1/embeddings");

    /// <summary>Puts a load on it.</summary>
    public async Task<BenchReport> RunAsync(string name, BenchOptions options, CancellationToken cancellationToken)
    {
        BenchOptions load = options with { Address = Address, WarmUp = TimeSpan.Zero };
        await progress.WriteLineAsync($"{name}: {BenchWords.Load(load)}");
        using BenchRun run = new(load);
        return await run.RunAsync(name, new(progress, isTerminal: false), cancellationToken);
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
                _resident.Add(server.Process.ResidentBytes());
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>Whether memory grew after the first third of the time it was watched.</summary>
    public Check Memory() => MemoryOf(_resident);

    /// <summary>The same of resident bytes, oldest first.</summary>
    public static Check MemoryOf(IReadOnlyList<long> resident) => resident.Count == 0
        ? new("memory", "not watched", "flat", Holds: false)
        : Check.AtMost($"memory, {resident[^1] >> 20} MiB at the end, grew after the first third by",
            (resident[^1] - resident[resident.Count / 3]) / (double)(1 << 20), FlatMebibytes, "MiB");

    /// <inheritdoc/>
    public void Dispose() => server.Dispose();
}
