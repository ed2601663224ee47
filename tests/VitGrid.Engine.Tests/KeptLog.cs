using Microsoft.Extensions.Logging;

namespace VitGrid.Engine.Tests;

/// <summary>Keeps what is logged at or above a level, and the scopes that were opened.</summary>
internal sealed class KeptLog<T>(LogLevel least) : ILogger<T>
{
    public List<(LogLevel Level, int Number, string Message)> Lines { get; } = [];

    public List<string> Scopes { get; } = [];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
    {
        Scopes.Add($"{state}");
        return null;
    }

    public bool IsEnabled(LogLevel logLevel) => logLevel >= least;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Add((logLevel, eventId.Id, formatter(state, exception)));
}
