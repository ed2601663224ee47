using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace VitGrid.Server.Hosting;

/// <summary>
/// <c>19:14:02 info GracefulStop[7023]: drained; stopping</c>: time, level, source, event id, message, and the scopes it was logged in
/// (<c>[RequestId=req-1]</c>); an exception follows on indented lines of its own, with its stack once a second at most. What a client
/// sent cannot begin a line, move a cursor or fill the log, and no line holds a password.
/// </summary>
internal sealed class OneLineFormatter(TimeProvider? time = null) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "vitgrid";

    private const int MaxMessage = 4_096;

    private readonly StackThrottle _stacks = new(time ?? TimeProvider.System);

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        string message = LogLine.Fit(logEntry.Formatter(logEntry.State, logEntry.Exception).ReplaceLineEndings(" "), MaxMessage);
        string source = LogLine.Escape(logEntry.Category[(logEntry.Category.LastIndexOf('.') + 1)..]);
        string number = logEntry.EventId.Id == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"[{logEntry.EventId.Id}]");
        string scopes = ScopeText.Format(scopeProvider, logEntry.State as IReadOnlyList<KeyValuePair<string, object?>>);
        textWriter.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{DateTime.Now:HH:mm:ss} {NameOf(logEntry.LogLevel)} {source}{number}: {message}{scopes}"));
        if (logEntry.Exception is { } exception)
            textWriter.Write(ExceptionText.From(
                exception, _stacks.IsDue(StackKind.From(logEntry.Category, logEntry.EventId.Id, exception))));
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
