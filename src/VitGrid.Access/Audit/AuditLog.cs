using System.Globalization;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;
using VitGrid.Access.Connections;

namespace VitGrid.Access.Audit;

/// <summary>What was administered.</summary>
/// <param name="Who">A key or token by its name, or the user of a verb.</param>
/// <param name="What">The deed, such as <c>keys revoke</c>.</param>
/// <param name="Target">What it was done to.</param>
/// <param name="From">The address or machine it came from.</param>
public sealed record AuditEntry(string Who, string What, string Target, string From);

/// <summary>
/// Who administered what, when, and from where: a category of the log of its own, and where there is a Redis of keys, a stream there that
/// keeps the last <see cref="MaxEntries"/>. Any thread may call.
/// </summary>
/// <param name="redis">The Redis of keys; null: there is none.</param>
/// <param name="time">The clock.</param>
/// <param name="loggers">Makes the category.</param>
public sealed partial class AuditLog(AccessRedis? redis, TimeProvider time, ILoggerFactory loggers)
{
    /// <summary>The category of its lines.</summary>
    public const string Category = "VitGrid.Audit";

    /// <summary>About how many entries the stream keeps.</summary>
    public const int MaxEntries = 100_000;

    private readonly ILogger _log = loggers.CreateLogger(Category);

    /// <summary>Writes an entry down. An audit that cannot be stored is told in the log and stops nothing.</summary>
    public async Task WriteAsync(AuditEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        LogEntry(_log, entry.Who, entry.What, entry.Target, entry.From);
        if (redis is null)
            return;
        NameValueEntry[] fields =
        [
            new("time", time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture)), new("who", entry.Who), new("what", entry.What),
            new("target", entry.Target), new("from", entry.From),
        ];
        try
        {
            IDatabase data = await redis.DataAsync().ConfigureAwait(false);
            await data.StreamAddAsync(
                AccessKeys.Audit, fields, messageId: null, MaxEntries, useApproximateMaxLength: true).ConfigureAwait(false);
        }
        catch (Exception exception) when (AccessRedis.IsOutage(exception))
        {
            LogNotStored(_log, entry.What, redis.Name, exception.GetType().Name);
        }
    }

    [LoggerMessage(8031, LogLevel.Information, "{Who} did '{What}' to '{Target}' from {From}")]
    private static partial void LogEntry(ILogger log, string who, string what, string target, string from);

    [LoggerMessage(8032, LogLevel.Warning, "'{What}' does not stand in the audit stream of Redis {Redis}: {Reason}")]
    private static partial void LogNotStored(ILogger log, string what, string redis, string reason);
}
