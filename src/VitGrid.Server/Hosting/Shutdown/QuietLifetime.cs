namespace VitGrid.Server.Hosting.Shutdown;

/// <summary>
/// The host's lifetime without signals of its own: whoever runs it says when to stop. A host stopped in any other way than by
/// <see cref="GracefulStop"/> has not drained; at least nothing new gets in while it closes.
/// </summary>
internal sealed class QuietLifetime(DrainGate gate, IHostApplicationLifetime lifetime) : IHostLifetime, IDisposable
{
    private CancellationTokenRegistration _stopping;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        _stopping = lifetime.ApplicationStopping.Register(() => gate.DrainAsync());
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _stopping.Dispose();
}
