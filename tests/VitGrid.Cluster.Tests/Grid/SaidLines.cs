using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace VitGrid.Cluster.Tests.Grid;

/// <summary>Hands out the log lines of one number as they are said.</summary>
internal sealed class SaidLines(int number) : ILoggerProvider, ILogger
{
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    public Task<string> NextAsync() => _lines.Reader.ReadAsync().AsTask().WaitAsync(Waits.Limit);

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Id == number)
            _lines.Writer.TryWrite(formatter(state, exception));
    }

    public void Dispose() => _lines.Writer.TryComplete();
}
