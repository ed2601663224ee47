using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace VitGrid.Server.Hosting;

/// <summary><c>19:14:02 info GracefulStop: drained; stopping</c>; an exception follows on lines of its own.</summary>
internal sealed class OneLineFormatter() : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "vitgrid";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        string message = logEntry.Formatter(logEntry.State, logEntry.Exception).ReplaceLineEndings(" ");
        string source = logEntry.Category[(logEntry.Category.LastIndexOf('.') + 1)..];
        textWriter.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{DateTime.Now:HH:mm:ss} {NameOf(logEntry.LogLevel)} {source}: {message}"));
        if (logEntry.Exception is { } exception)
            textWriter.WriteLine(exception.ToString());
    }

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "fail",
        LogLevel.Critical => "crit",
        _ => "dbug",
    };
}
