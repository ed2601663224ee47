using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;
using VitGrid.Access.Connections;

namespace VitGrid.Access.Metering;

/// <summary>
/// Adds up what each caller has used, by day, for <c>vitgrid keys usage</c>; what was counted goes to Redis every few seconds.
/// </summary>
/// <param name="redis">The Redis of keys.</param>
/// <param name="limiter">Its images under way are told again now and then.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Told of what could not be added.</param>
public sealed partial class UsageMeter(AccessRedis redis, Limiter limiter, TimeProvider time, ILogger<UsageMeter> log) : BackgroundService
{
    /// <summary>Days for which usage is kept.</summary>
    public const int KeptDays = 92;

    private const int MaxCallers = 10_000;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, Tally> _tallies = new(StringComparer.Ordinal);

    /// <summary>Adds what a caller has used.</summary>
    public void Add(string id, Usage used)
    {
        if (!_tallies.TryGetValue(id, out Tally? tally))
            tally = _tallies.GetOrAdd(_tallies.Count < MaxCallers ? id : "others", _ => new());
        tally.Add(used);
    }

    /// <summary>What was used on each of the last days, by caller; days without use are not told.</summary>
    /// <param name="redis">The Redis of keys.</param>
    /// <param name="today">The last day, by UTC.</param>
    /// <param name="days">How many days.</param>
    /// <exception cref="RedisException">Redis is away.</exception>
    public static async Task<IReadOnlyList<(DateOnly Day, string Id, Usage Used)>> ReadAsync(AccessRedis redis, DateOnly today, int days)
    {
        ArgumentNullException.ThrowIfNull(redis);
        IDatabase data = await redis.DataAsync().ConfigureAwait(false);
        List<(DateOnly, string, Usage)> found = [];
        for (int back = 0; back < days; back++)
        {
            DateOnly day = today.AddDays(-back);
            HashEntry[] entries = await data.HashGetAllAsync(AccessKeys.Usage(day)).ConfigureAwait(false);
            found.AddRange(entries.Select(entry => (Name: entry.Name.ToString(), Value: (long)entry.Value))
                .Where(entry => entry.Name.Length > 2)
                .GroupBy(entry => entry.Name[2..])
                .OrderBy(caller => caller.Key, StringComparer.Ordinal)
                .Select(caller => (day, caller.Key, new Usage(Sum(caller, 'r'), Sum(caller, 'i'), Sum(caller, 'b')))));
        }
        return found;

        static long Sum(IEnumerable<(string Name, long Value)> fields, char kind) =>
            fields.Where(field => field.Name[0] == kind).Sum(field => field.Value);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await FlushAsync().ConfigureAwait(false);
            await limiter.RenewAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Adds what was counted since the last time to what Redis holds; what cannot be added is counted on.</summary>
    internal async Task FlushAsync()
    {
        (string Id, Usage Used)[] counted =
            [.. _tallies.Select(tally => (tally.Key, tally.Value.Take())).Where(tally => tally.Item2 != default)];
        if (counted.Length == 0)
            return;
        try
        {
            IDatabase data = await redis.DataAsync().ConfigureAwait(false);
            DateOnly today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
            RedisKey key = AccessKeys.Usage(today);
            IBatch batch = data.CreateBatch();
            List<Task> all = [batch.KeyExpireAsync(key, TimeSpan.FromDays(KeptDays))];
            foreach ((string id, Usage used) in counted)
            {
                all.Add(batch.HashIncrementAsync(key, $"r:{id}", used.Requests));
                all.Add(batch.HashIncrementAsync(key, $"i:{id}", used.Images));
                all.Add(batch.HashIncrementAsync(key, $"b:{id}", used.Bytes));
            }
            batch.Execute();
            await Task.WhenAll(all).ConfigureAwait(false);
        }
        catch (Exception exception) when (AccessRedis.IsOutage(exception))
        {
            LogKept(counted.Length, exception.GetType().Name);
            foreach ((string id, Usage used) in counted)
                Add(id, used);
        }
    }

    [LoggerMessage(8021, LogLevel.Debug, "Usage of {Callers} callers is not added yet: {Reason}")]
    private partial void LogKept(int callers, string reason);

    private sealed class Tally
    {
        private long _requests;
        private long _images;
        private long _bytes;

        public Usage Take() =>
            new(Interlocked.Exchange(ref _requests, 0), Interlocked.Exchange(ref _images, 0), Interlocked.Exchange(ref _bytes, 0));

        public void Add(Usage used)
        {
            Interlocked.Add(ref _requests, used.Requests);
            Interlocked.Add(ref _images, used.Images);
            Interlocked.Add(ref _bytes, used.Bytes);
        }
    }
}
