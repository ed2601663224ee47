using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;
using VitGrid.Cluster.Caching.Redis;
using VitGrid.Engine.Caching;
using VitGrid.Engine.Hosting;
using VitGrid.Engine.Telemetry;

namespace VitGrid.Cluster.Caching.Recalls;

/// <summary>
/// Removes from Redis what a device has computed wrong: walks over the keys with SCAN, reads the beginning of each value, and deletes those
/// whose origin a recall covers. Of all processes one walks: whoever holds the recall's key, which it renews; when it dies, another one
/// begins anew, and when it is done, the others hear of it there. In small steps with pauses, beside the images and not counted among
/// their questions. Until it is done nobody believes such a value, since each reader asks for recalls too
/// (<see cref="RedisLevel.FindAsync"/>).
/// </summary>
internal sealed partial class RecallSweep(CacheConnection connection, CacheEnvelope envelope, GridMetrics metrics,
    ILogger<RecallSweep> logger) : GridLoop
{
    /// <summary>Keys that one step looks at.</summary>
    public const int Step = 200;

    private const string Done = "done";
    private const int Beginning = 256;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(1);

    private readonly string _token = Guid.NewGuid().ToString("n");
    private readonly Channel<VectorRecall> _recalls = Channel.CreateBounded<VectorRecall>(
        new BoundedChannelOptions(VectorRecalls.MaxHeld) { FullMode = BoundedChannelFullMode.DropOldest });

    /// <summary>Has a recall's vectors removed some time.</summary>
    public void Add(VectorRecall recall) => _recalls.Writer.TryWrite(recall);

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        await foreach (VectorRecall recall in _recalls.Reader.ReadAllAsync(cancellationToken))
        {
            while (!await TryFinishAsync(recall, cancellationToken))
                await Task.Delay(Again, cancellationToken);
        }
    }

    /// <summary>The key under which processes agree who removes a recall's vectors.</summary>
    internal static string KeyOf(VectorRecall recall)
    {
        byte[] digest = SHA256.HashData(Encoding.UTF8.GetBytes($"{recall.Device} {recall.Since:O} {recall.Until:O}"));
        return $"vg:recall:{Convert.ToHexStringLower(digest.AsSpan(0, 16))}";
    }

    /// <summary>True: the vectors are gone, by this process or another one. False: to be tried again.</summary>
    private async Task<bool> TryFinishAsync(VectorRecall recall, CancellationToken cancellationToken)
    {
        try
        {
            await connection.WhenAsked.WaitAsync(cancellationToken);
            if (connection.Database is not { } redis)
                return false;
            string key = KeyOf(recall);
            if (!await redis.StringSetAsync(key, _token, Lease, When.NotExists).WaitAsync(Limit, cancellationToken))
                return await redis.StringGetAsync(key).WaitAsync(Limit, cancellationToken) == Done;
            await RemoveAsync(redis, recall, key, cancellationToken);
            await redis.StringSetAsync(key, Done, Remembered).WaitAsync(Limit, cancellationToken);
            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotFinished(recall.Device, exception.Message);
            return false;
        }
    }

    private async Task RemoveAsync(IDatabase redis, VectorRecall recall, string key, CancellationToken cancellationToken)
    {
        Dictionary<string, int> gone = [];
        foreach (IServer server in await connection.HoldersAsync().WaitAsync(Limit, cancellationToken))
        {
            string cursor = "0";
            do
            {
                (cursor, string[] page) = await PageAsync(server, redis.Database, cursor).WaitAsync(Limit, cancellationToken);
                foreach (string removed in await RemoveAsync(redis, recall, page, cancellationToken))
                {
                    string revision = StoredKey.Parse(removed)?.Revision ?? "";
                    gone[revision] = gone.GetValueOrDefault(revision) + 1;
                }
                await redis.KeyExpireAsync(key, Lease).WaitAsync(Limit, cancellationToken);
                await Task.Delay(Pause, cancellationToken);
            }
            while (cursor != "0");
        }
        foreach ((string revision, int count) in gone)
            LogRemoved(count, revision, recall.Device, recall.Since, recall.Until);
        if (gone.Count == 0)
            LogNothing(recall.Device);
    }

    /// <summary>A step of the walk over one server's keys: where it goes on, and the keys without the grid's prefix.</summary>
    private async Task<(string Cursor, string[] Keys)> PageAsync(IServer server, int database, string cursor)
    {
        string prefix = connection.Options.KeyPrefix ?? "";
        RedisResult page = await server.ExecuteAsync(
            database, "SCAN", [cursor, "MATCH", prefix + StoredKey.Pattern(null), "COUNT", Step]);
        return ((string)page[0]!, [.. ((string[])page[1]!).Select(key => key[prefix.Length..])]);
    }

    /// <summary>Removes those of some keys whose values the recall covers; gives them.</summary>
    private async Task<string[]> RemoveAsync(
        IDatabase redis, VectorRecall recall, string[] keys, CancellationToken cancellationToken)
    {
        RedisValue[] beginnings = await Task.WhenAll(keys.Select(key => BeginningAsync(redis, key, Beginning)))
            .WaitAsync(Limit, cancellationToken);
        List<string> wrong = [];
        for (int i = 0; i < keys.Length; i++)
        {
            ReadOnlyMemory<byte> beginning = beginnings[i];
            // Long names of many devices: the whole origin is asked for.
            if (envelope.IsCut(beginning.Span))
                beginning = await BeginningAsync(redis, keys[i], envelope.PeekLength).WaitAsync(Limit, cancellationToken);
            if (recall.Covers(envelope.Peek(beginning.Span)))
                wrong.Add(keys[i]);
        }
        if (wrong.Count == 0)
            return [];
        // One by one: in a Redis Cluster they lie in many slots.
        await Task.WhenAll(wrong.Select(key => redis.KeyDeleteAsync(key))).WaitAsync(Limit, cancellationToken);
        metrics.Recalled("redis", wrong.Count);
        return [.. wrong];
    }

    /// <summary>What is no string has no beginning.</summary>
    private static async Task<RedisValue> BeginningAsync(IDatabase redis, string key, int length)
    {
        try
        {
            return await redis.StringGetRangeAsync(key, 0, length - 1);
        }
        catch (RedisServerException)
        {
            return RedisValue.EmptyString;
        }
    }

    [LoggerMessage(5231, LogLevel.Warning,
        "{Count} vectors of weights {Fingerprint}, computed by {Device} between {Since:O} and {Until:O}, are removed from the cache's "
            + "Redis")]
    private partial void LogRemoved(int count, string fingerprint, string device, DateTimeOffset since, DateTimeOffset until);

    [LoggerMessage(5232, LogLevel.Information, "The cache's Redis holds no vector that {Device} computed wrong")]
    private partial void LogNothing(string device);

    [LoggerMessage(5233, LogLevel.Warning,
        "Vectors that {Device} computed wrong could not be removed from the cache's Redis yet, which is tried again; nobody is answered "
            + "them meanwhile: {Reason}")]
    private partial void LogNotFinished(string device, string reason);
}
