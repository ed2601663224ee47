using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace VitGrid.Server.Hosting;

/// <summary>
/// <c>19:14:02 info GracefulStop[7023]: drained; stopping</c>: time, level, source, event id, message, and the scopes it was logged in
/// (<c>[RequestId=req-1]</c>); an exception follows on lines of its own. What a client sent cannot begin a line or move a cursor.
/// </summary>
internal sealed class OneLineFormatter() : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "vitgrid";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        string message = LogLine.Escape(logEntry.Formatter(logEntry.State, logEntry.Exception).ReplaceLineEndings(" "));
        string source = logEntry.Category[(logEntry.Category.LastIndexOf('.') + 1)..];
        string number = logEntry.EventId.Id == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"[{logEntry.EventId.Id}]");
        string scopes = ScopeText.Format(scopeProvider, logEntry.State as IReadOnlyList<KeyValuePair<string, object?>>);
        textWriter.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{DateTime.Now:HH:mm:ss} {NameOf(logEntry.LogLevel)} {source}{number}: {message}{scopes}"));
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
