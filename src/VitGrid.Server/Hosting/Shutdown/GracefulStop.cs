using VitGrid.Engine.Options;

namespace VitGrid.Server.Hosting.Shutdown;

/// <summary>
/// The order of stopping: refuse new embedding requests, answer the accepted ones, keep answering 503 a little longer, only then let the
/// host close its listeners. The host alone would close them first, and later clients would meet a dead port instead of an answer.
/// </summary>
internal sealed partial class GracefulStop(
    DrainGate gate, ShutdownOptions options, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<GracefulStop> log)
{
    public async Task RunAsync()
    {
        Task empty = gate.DrainAsync();
        LogDraining(gate.Inside, options.DrainMilliseconds);
        try
        {
            await empty.WaitAsync(TimeSpan.FromMilliseconds(options.DrainMilliseconds), time);
            await Task.Delay(TimeSpan.FromMilliseconds(options.LingerMilliseconds), time, lifetime.ApplicationStopping)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        catch (TimeoutException)
        {
            LogCut(gate.Inside, options.DrainMilliseconds);
            await gate.CutAsync();
        }
        LogStopping();
        lifetime.StopApplication();
    }

    [LoggerMessage(7021, LogLevel.Information,
        "draining: {Inside} accepted requests are answered within {Milliseconds} ms, new ones get 503; a second Ctrl-C stops at once")]
    private partial void LogDraining(int inside, int milliseconds);

    [LoggerMessage(7022, LogLevel.Warning,
        "{Inside} requests were not answered within {Milliseconds} ms (VitGrid:Shutdown:DrainMilliseconds) and are cut off")]
    private partial void LogCut(int inside, int milliseconds);

    [LoggerMessage(7023, LogLevel.Information, "drained; stopping")]
    private partial void LogStopping();
}
