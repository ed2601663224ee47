using Microsoft.Extensions.Logging;

namespace VitGrid.Cluster.Tests.Cluster;

/// <summary>A log that tells of the first message that holds a text.</summary>
internal sealed class SignalledLog(string text) : ILoggerProvider, ILogger
{
    private readonly TaskCompletionSource<string> _said = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>That message, once it was logged.</summary>
    public Task<string> Said => _said.Task;

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        string message = formatter(state, exception);
        if (message.Contains(text, StringComparison.Ordinal))
            _said.TrySetResult(message);
    }

    public void Dispose()
    {
    }
}
