using System.Runtime.InteropServices;

namespace VitGrid.Server.Hosting.Shutdown;

/// <summary>
/// The host's lifetime: the first SIGINT (Ctrl-C) or SIGTERM begins a <see cref="GracefulStop"/>, the second one is left to the operating
/// system, which ends the process at once.
/// </summary>
internal sealed class SignalLifetime(GracefulStop stop, DrainGate gate, IHostApplicationLifetime lifetime) : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> _signals = [];
    private CancellationTokenRegistration _stopping;
    private volatile Task? _stop;
    private int _count;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal));
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal));
        // Whoever else stops the host has not drained; at least nothing new gets in while it closes.
        _stopping = lifetime.ApplicationStopping.Register(() => gate.DrainAsync());
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => _stop ?? Task.CompletedTask;

    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals)
            signal.Dispose();
        _stopping.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        if (Interlocked.Increment(ref _count) > 1)
            return;
        context.Cancel = true;
        _stop = stop.RunAsync();
    }
}
