using VitGrid.LoadTest.Processes;

namespace VitGrid.LoadTest.Failures;

/// <summary>What an experiment works on: the grid under load, and what it tells of its course.</summary>
internal sealed class Scene(Grid grid, Pace pace, Func<TimeSpan> now, CancellationToken cancellationToken)
{
    private readonly List<string> _notes = [];

    /// <summary>The grid under load.</summary>
    public Grid Grid => grid;

    /// <summary>Cancelled when the experiment is given up.</summary>
    public CancellationToken Cancellation => cancellationToken;

    /// <summary>When the first thing was broken; null while all is well.</summary>
    public TimeSpan? Fault { get; private set; }

    /// <summary>What is worth telling beside the numbers.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Marks that the next step breaks something.</summary>
    public void Break() => Fault ??= now();

    /// <summary>Adds what is worth telling.</summary>
    public void Note(string text) => _notes.Add(text);

    /// <summary>The worker that holds <paramref name="segment"/> now.</summary>
    public async Task<Worker> HolderOfAsync(int segment)
    {
        int? holder = (await grid.StatusAsync(cancellationToken)).HolderOf(segment);
        return grid.Workers.FirstOrDefault(worker => worker.Id == holder)
            ?? throw new InvalidOperationException(
                $"segment {segment} is held by process {holder?.ToString() ?? "none"}, which is none of the workers");
    }

    /// <summary>Ends a worker by a signal and waits for its end.</summary>
    public async Task EndAsync(Worker worker, string signal)
    {
        Break();
        TimeSpan sent = now();
        worker.Server.Process.Signal(signal);
        int code = await worker.Server.Process.WaitForExitAsync(cancellationToken);
        if (signal == "TERM")
            Note($"{worker.Name} ended with code {code} {(now() - sent).TotalSeconds:F1} s after SIGTERM");
    }

    /// <summary>Starts a worker again after the time a supervisor may take.</summary>
    public async Task StartAgainAsync(Worker worker)
    {
        await Task.Delay(pace.Absence, cancellationToken);
        worker.StartAgain();
    }

    /// <summary>Starts an api of the build that is rolled to beside the one there, lets the load follow, and ends the old one.</summary>
    public async Task RollApiAsync()
    {
        using ServerProcess old = await grid.ReplaceApiAsync(cancellationToken);
        TimeSpan sent = now();
        old.Process.Signal("TERM");
        int code = await old.Process.WaitForExitAsync(cancellationToken);
        Note($"the api of the other build ended with code {code} {(now() - sent).TotalSeconds:F1} s after SIGTERM");
    }

    /// <summary>Waits until the grid is whole.</summary>
    public Task WaitUntilWholeAsync() => grid.WaitUntilWholeAsync(Note, cancellationToken);
}
