namespace VitGrid.Server.InProcess;

/// <summary>Hands the grid's log lines to the program's own log, which says what of them is kept.</summary>
internal sealed class HostedLogs(ILoggerFactory logs) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => logs.CreateLogger(categoryName);

    public void Dispose()
    {
    }
}
