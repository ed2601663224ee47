using System.CommandLine;
using VitGrid.Access.Audit;
using VitGrid.Access.Connections;
using VitGrid.Access.Options;
using VitGrid.Server.Hosting;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Verbs.Serve;

namespace VitGrid.Server.Verbs.Audit;

/// <summary>Writes down what verbs administer: in the log, and in the audit stream where <c>Auth:Redis</c> is configured.</summary>
internal static class VerbAudit
{
    /// <summary>An entry of this process's user.</summary>
    public static AuditEntry Entry(string deed, string target) =>
        new($"user {Environment.UserName}", deed, target, $"{Environment.MachineName} (verb)");

    /// <summary>Writes an entry down.</summary>
    /// <param name="parsed">The command line, whose settings say where the stream is.</param>
    /// <param name="verb">The verb that reads them.</param>
    /// <param name="deed">What was done.</param>
    /// <param name="target">What it was done to.</param>
    public static async Task WriteAsync(ParseResult parsed, string verb, string deed, string target)
    {
        IEnumerable<KeyValuePair<string, string?>> settings = parsed.UnmatchedTokens.Select(token => ServeFlags.ReadSetting(token, verb));
        AuthOptions auth = OptionsReader.Read(ServerConfiguration.Load(parsed.GetValue(SharedOptions.Config), settings)).Auth;
        using ILoggerFactory loggers = LoggerFactory.Create(logging => logging.AddOneLineConsole());
        await using AccessRedis? redis = auth.Redis is null ? null : new(auth.Redis, auth.RedisLogin, auth.KeyPrefix);
        await new AuditLog(redis, TimeProvider.System, loggers).WriteAsync(Entry(deed, target));
    }
}
