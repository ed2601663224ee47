using Microsoft.Extensions.Logging.Console;

namespace VitGrid.Server.Hosting;

/// <summary>Logs are one line each on standard error; standard output belongs to what programs read.</summary>
internal static class Logs
{
    public static void AddOneLineConsole(this ILoggingBuilder logging)
    {
        logging.ClearProviders();
        // Only defaults: what Logging:LogLevel says in the configuration comes later and wins.
        logging.Services.Configure<LoggerFilterOptions>(filter =>
        {
            filter.Rules.Insert(0, new(null, "Microsoft", LogLevel.Warning, null));
            filter.Rules.Insert(0, new(null, "Orleans", LogLevel.Warning, null));
        });
        logging.AddSimpleConsole(line =>
        {
            line.SingleLine = true;
            line.TimestampFormat = "HH:mm:ss ";
            line.ColorBehavior = LoggerColorBehavior.Default;
        });
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }
}
