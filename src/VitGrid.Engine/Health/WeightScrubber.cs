using VitGrid.Engine.Options;
using VitGrid.Engine.Telemetry;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Engine.Health;

/// <summary>
/// Compares the mapped weights of a process's devices with what was loaded, over and over, at a bounded rate, and gives up every device
/// that reads one that has changed. While one of their devices computes it waits, for a second at the most. Thread-safe.
/// </summary>
public sealed class WeightScrubber : IAsyncDisposable
{
    private const int StepsPerSecond = 10;

    private readonly Lock _gate = new();
    private readonly List<Reader> _readers = [];
    private readonly int _step;
    private readonly GridMetrics? _metrics;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _loop;
    private uint _turn;
    private int _waited;

    /// <summary>Starts, unless the rate is 0.</summary>
    /// <param name="options">The rate.</param>
    /// <param name="metrics">Counts; null: nobody does.</param>
    public WeightScrubber(HealthOptions options, GridMetrics? metrics)
    {
        ArgumentNullException.ThrowIfNull(options);
        _metrics = metrics;
        _step = (int)Math.Ceiling(options.ScrubBytesPerSecond / (double)StepsPerSecond);
        _loop = _step > 0 ? Task.Run(LoopAsync) : Task.CompletedTask;
    }

    /// <summary>Adds a device that reads weights.</summary>
    /// <param name="weights">What it reads.</param>
    /// <param name="isBusy">Whether it computes now.</param>
    /// <param name="changed">Called with what was found; does not wait.</param>
    /// <returns>What removes it again.</returns>
    internal IDisposable Add(MappedWeights weights, Func<bool> isBusy, Action<WeightChange> changed)
    {
        Reader reader = new(this, weights, isBusy, changed);
        lock (_gate)
            _readers.Add(reader);
        return reader;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _loop;
        _stopping.Dispose();
    }

    private async Task LoopAsync()
    {
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(1) / StepsPerSecond);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
                Step();
        }
        catch (OperationCanceledException)
        {
            // It is told to end.
        }
    }

    private void Step()
    {
        Reader[] readers = Next();
        if (readers.Length == 0 || (Array.Exists(readers, reader => reader.IsBusy()) && ++_waited < StepsPerSecond))
            return;
        (_waited, _turn) = (0, _turn + 1);
        MappedWeights weights = readers[0].Weights;
        WeightChange? change;
        try
        {
            change = weights.Step(_step);
        }
        catch (IOException)
        {
            // What cannot be read now tells nothing of memory; a file that was shortened ends the process elsewhere.
            return;
        }
        _metrics?.Scrubbed(Math.Min(_step, weights.Bytes));
        foreach (Reader reader in change is null ? [] : readers)
            reader.Changed(change!);
    }

    /// <summary>All who read the weights whose turn it is; those that wait for a device keep it.</summary>
    private Reader[] Next()
    {
        lock (_gate)
        {
            MappedWeights[] all = [.. _readers.Select(reader => reader.Weights).Distinct()];
            if (all.Length == 0)
                return [];
            MappedWeights weights = all[_turn % all.Length];
            return [.. _readers.Where(reader => reader.Weights == weights)];
        }
    }

    private sealed class Reader(WeightScrubber owner, MappedWeights weights, Func<bool> isBusy, Action<WeightChange> changed) : IDisposable
    {
        public MappedWeights Weights => weights;

        public Func<bool> IsBusy => isBusy;

        public Action<WeightChange> Changed => changed;

        public void Dispose()
        {
            lock (owner._gate)
                owner._readers.Remove(this);
        }
    }
}
