using VitGrid.Access.Keys;
using VitGrid.Access.Metering;

namespace VitGrid.Server.Hosting.Access;

/// <summary>What the server says at its start of who may come in.</summary>
internal static partial class AccessStartLog
{
    public static void Tell(IServiceProvider services, ILogger log)
    {
        AccessDecision decision = services.GetRequiredService<AccessDecision>();
        if (!decision.IsRequired && decision.Exposed is { } url)
            LogOpen(log, url);
        if (!decision.IsRequired)
            return;
        LogKeys(log, services.GetRequiredService<IKeyStore>().Place);
        if (!services.GetRequiredService<Limiter>().IsShared)
            LogAlone(log);
    }

    [LoggerMessage(7121, LogLevel.Warning,
        "{Url} is beyond loopback and needs no key (VitGrid:Auth:Mode is off): whoever reaches it may do everything")]
    private static partial void LogOpen(ILogger log, string url);

    [LoggerMessage(7122, LogLevel.Information, "requests need a key of {Place}; health alone does not")]
    private static partial void LogKeys(ILogger log, string place);

    [LoggerMessage(7123, LogLevel.Information,
        "limits are counted by this process alone; VitGrid:Auth:Redis makes them hold over all front ends")]
    private static partial void LogAlone(ILogger log);
}
