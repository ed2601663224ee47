namespace VitGrid.Engine.Hosting;

/// <summary>
/// Work that goes on for as long as the host runs: from when everything has started until, at the stop, whatever was registered after it
/// has ended its part.
/// </summary>
public abstract class GridLoop : LifecycleService, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    /// <inheritdoc/>
    public override Task StartedAsync(CancellationToken cancellationToken)
    {
        _running = Task.Run(() => RunAsync(_stopping.Token), CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Runs until <paramref name="cancellationToken"/> is signalled.</summary>
    protected abstract Task RunAsync(CancellationToken cancellationToken);
}
