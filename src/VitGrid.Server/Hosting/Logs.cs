using Microsoft.Extensions.Logging.Console;

namespace VitGrid.Server.Hosting;

/// <summary>Logs are one line each on standard error; standard output belongs to what programs read.</summary>
internal static class Logs
{
    public static void AddOneLineConsole(this ILoggingBuilder logging)
    {
        logging.ClearProviders();
        // A request's scope names it; the ids of its span would only make every line longer. The span names the request.
        logging.Configure(factory => factory.ActivityTrackingOptions = ActivityTrackingOptions.None);
        logging.Services.Configure<LoggerFilterOptions>(AddDefaults);
        logging.AddConsoleFormatter<OneLineFormatter, ConsoleFormatterOptions>();
        logging.AddConsole(console =>
        {
            console.FormatterName = OneLineFormatter.FormatterName;
            console.LogToStandardErrorThreshold = LogLevel.Trace;
        });
    }

    /// <summary>First in the list, so that what <c>Logging:LogLevel</c> says of the same category wins.</summary>
    private static void AddDefaults(LoggerFilterOptions filter)
    {
        (string Category, LogLevel Least)[] defaults =
        [
            ("Microsoft", LogLevel.Warning),
            // A start that failed is told by the verb, once and without a stack.
            ("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical),
            ("Orleans", LogLevel.Warning),
            // The same of a silo that cannot start, or is stopped while it does.
            ("Orleans.Runtime.Silo", LogLevel.Critical),
            ("Polly", LogLevel.Warning),
            // Its first check of a process measures from the machine's start and takes that for a stall.
            ("Orleans.Runtime.Watchdog", LogLevel.Error),
            // A front end without workers repeats it twice a second; WorkerSearch says the same now and then.
            ("Orleans.Messaging.GatewayManager", LogLevel.Error),
        ];
        foreach ((string category, LogLevel least) in defaults)
            filter.Rules.Insert(0, new LoggerFilterRule(null, category, least, null));
    }
}
