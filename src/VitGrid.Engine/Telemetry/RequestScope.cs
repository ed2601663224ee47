using Microsoft.Extensions.Logging;

namespace VitGrid.Engine.Telemetry;

/// <summary>Scopes that put a request's id on every line that is logged within, where no HTTP request does.</summary>
public static class RequestScope
{
    private static readonly Func<ILogger, string, IDisposable?> Define = LoggerMessage.DefineScope<string>("request {RequestId}");

    /// <summary>
    /// Opens the scope of <paramref name="requestId"/>; null, and at no cost, where it has none or <paramref name="logger"/> is not on at
    /// Debug: images pass by the thousand.
    /// </summary>
    public static IDisposable? Begin(ILogger logger, string? requestId) =>
        requestId is null || !logger.IsEnabled(LogLevel.Debug) ? null : Define(logger, requestId);
}
