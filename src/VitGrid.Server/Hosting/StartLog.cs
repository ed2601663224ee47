using VitGrid.Server.Api;

namespace VitGrid.Server.Hosting;

/// <summary>What the server says once it listens: where, and with which models.</summary>
internal static partial class StartLog
{
    public static void Tell(WebApplication app)
    {
        ILogger log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("VitGrid.Server");
        foreach (string url in app.Urls)
            LogListening(log, url);
        foreach (Grains.ModelInfo model in app.Services.GetRequiredService<GridDoor>().Models())
            LogModel(log, model.Name, ModelsEndpoint.Name(model.State), BundledModel.Describe(model.Name) ?? model.Directory);
    }

    [LoggerMessage(LogLevel.Information, "listening on {Url}; POST {Url}/v1/embeddings, GET {Url}/info")]
    private static partial void LogListening(ILogger log, string url);

    [LoggerMessage(LogLevel.Information, "model {Model} ({State}): {About}")]
    private static partial void LogModel(ILogger log, string model, string state, string about);
}
