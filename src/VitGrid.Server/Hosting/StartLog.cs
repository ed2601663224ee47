namespace VitGrid.Server.Hosting;

/// <summary>What the server says once it listens: where.</summary>
internal static partial class StartLog
{
    public static void Tell(WebApplication app)
    {
        ILogger log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("VitGrid.Server");
        foreach (string url in app.Urls)
            LogListening(log, url);
    }

    [LoggerMessage(7031, LogLevel.Information, "listening on {Url}; POST {Url}/v1/embeddings, GET {Url}/info")]
    private static partial void LogListening(ILogger log, string url);
}
