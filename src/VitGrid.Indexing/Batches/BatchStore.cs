using StackExchange.Redis;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Queue;

namespace VitGrid.Indexing.Batches;

/// <summary>The batches in Redis. Any call throws <see cref="IndexException"/> while Redis is away, or refuses.</summary>
public sealed class BatchStore(QueueConnection connection, JobStore jobs)
{
    /// <summary>Every batch, a sorted set by the time it was made.</summary>
    internal const string All = "vitgrid:batches";

    /// <summary>The set of those that somebody has to look after.</summary>
    internal const string Open = "vitgrid:batches:open";

    private const string CreateScript = """
        for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
        redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
        redis.call('SADD', KEYS[3], ARGV[1])
        if KEYS[4] then redis.call('ZADD', KEYS[4], ARGV[2], ARGV[1]) end
        return 1
        """;

    /// <summary>KEYS batch; ARGV new status, now, statuses it may come from, then fields and values.</summary>
    private const string MoveScript = Scripts.AllowOom + """
        local status = redis.call('HGET', KEYS[1], 'status')
        if not status or not string.find(ARGV[3], ' ' .. status .. ' ', 1, true) then return 0 end
        redis.call('HSET', KEYS[1], 'status', ARGV[1], ARGV[1] .. '_at', ARGV[2])
        for i = 4, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
        return 1
        """;

    private const int MaxPage = 100;

    private IDatabase Redis => connection.Database;

    /// <summary>The hash of a batch.</summary>
    internal static RedisKey Key(string id) => $"vitgrid:batch:{id}";

    /// <summary>Who looks after it.</summary>
    internal static RedisKey Keeper(string id) => $"vitgrid:batch:{id}:keeper";

    /// <summary>The batches of one owner, a sorted set like <see cref="All"/>: a list need not pass over those of others.</summary>
    internal static RedisKey OfOwner(string owner) => $"vitgrid:batches:of:{owner}";

    /// <summary>Stores a new batch.</summary>
    public Task CreateAsync(BatchRecord batch) => Ask(() => connection.RunConfirmedAsync(
        CreateScript, [Key(batch.Id), All, Open, .. batch.Owner.Length > 0 ? [OfOwner(batch.Owner)] : Array.Empty<RedisKey>()], [
            batch.Id, batch.Created, .. batch.Fields().SelectMany(field => new RedisValue[] { field.Name, field.Value })]));

    /// <summary>
    /// Finds a batch; null when there is none of that id that <paramref name="viewer"/> may see, or no batch can have it.
    /// </summary>
    public Task<BatchRecord?> FindAsync(string id, Viewer viewer) =>
        BatchRecord.IsId(id) ? Ask(() => SeenAsync(id, viewer)) : Task.FromResult<BatchRecord?>(null);

    /// <summary>Its job; null while there is none.</summary>
    public Task<IndexJob?> JobAsync(string id) => Ask(() => jobs.FindAsync(id));

    /// <summary>
    /// Batches that <paramref name="viewer"/> may see, older than <paramref name="after"/>, or the newest; newest first.
    /// </summary>
    public Task<IReadOnlyList<BatchRecord>> ListAsync(Viewer viewer, string? after, int max) => Ask(async () =>
    {
        RedisKey set = viewer.SeesUnowned ? All : OfOwner(viewer.Tenant);
        bool known = after is not null && await SeenAsync(after, viewer) is not null;
        long from = known ? await Redis.SortedSetRankAsync(set, after, Order.Descending) + 1 ?? 0 : 0;
        (List<BatchRecord> batches, int step) = ([], Math.Min(max, MaxPage));
        for (bool more = true; more && batches.Count < max; from += step)
        {
            RedisValue[] ids = await Redis.SortedSetRangeByRankAsync(set, from, from + step - 1, Order.Descending);
            more = ids.Length == step;
            BatchRecord?[] page = await Task.WhenAll(ids.Select(id => SeenAsync(id!, viewer)));
            batches.AddRange(page.OfType<BatchRecord>().Take(max - batches.Count));
        }
        return (IReadOnlyList<BatchRecord>)batches;
    });

    /// <summary>Ids of batches that somebody has to look after.</summary>
    public Task<string[]> OpenAsync() => Ask(async () => (await Redis.SetMembersAsync(Open)).Select(id => (string)id!).ToArray());

    /// <summary>Batches that are not over: they read their input.</summary>
    public async Task<IReadOnlyList<BatchRecord>> UnfinishedAsync()
    {
        List<BatchRecord> batches = [];
        foreach (string id in await OpenAsync())
        {
            if (await FindAsync(id, Viewer.System) is { IsOver: false } batch)
                batches.Add(batch);
        }
        return batches;
    }

    /// <summary>Takes a batch out of <see cref="OpenAsync"/>.</summary>
    public Task CloseAsync(string id) => Ask(() => Redis.SetRemoveAsync(Open, id));

    /// <summary>Gives a batch another status, if its status is one of <paramref name="from"/>; whether it did.</summary>
    public Task<bool> MoveAsync(string id, string[] from, string to, params IEnumerable<(string Name, RedisValue Value)> fields) =>
        Ask(async () => (bool)await connection.RunAsync(
        MoveScript, [Key(id)], [
            to, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), $" {string.Join(' ', from)} ", .. fields.SelectMany(
                field => new RedisValue[] { field.Name, field.Value })]));

    /// <summary>Takes or renews the right to look after a batch; false: somebody else has it.</summary>
    public Task<bool> LeaseAsync(string id, string owner, TimeSpan time) => Ask(() => LeaseOf(id, owner, time).TryTakeAsync());

    /// <summary>Gives the right to look after a batch back, if <paramref name="owner"/> has it.</summary>
    public Task ReleaseAsync(string id, string owner) => Ask(async () =>
    {
        await LeaseOf(id, owner, TimeSpan.Zero).ReleaseAsync();
        return true;
    });

    /// <summary>The batch whose hash is in Redis, damaged or not; null when there is none.</summary>
    internal static async Task<BatchRecord?> ReadAsync(IDatabase redis, string id) =>
        BatchRecord.From(id, await redis.HashOrNullAsync(Key(id)));

    /// <summary>Forgets, after its hash, that there was a batch of <paramref name="owner"/>.</summary>
    internal static Task ForgetAsync(IDatabase redis, string id, string owner) => redis.SortedSetRemoveAsync(OfOwner(owner), id);

    private async Task<BatchRecord?> SeenAsync(string id, Viewer viewer) =>
        await ReadAsync(Redis, id) is { } batch && viewer.Sees(batch.Owner) ? batch : null;

    private Lease LeaseOf(string id, string owner, TimeSpan time) => new(connection, Keeper(id), owner, time);

    private static async Task<T> Ask<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception exception) when (RedisRetryPolicy.IsAway(exception))
        {
            throw new IndexException(
                $"the queue's Redis does not answer ({exception.GetType().Name}); try again in a moment, and see that Indexing:Redis runs",
                exception);
        }
        catch (RedisServerException exception)
        {
            throw new IndexException($"the queue's Redis refuses: {exception.Message}", exception);
        }
    }
}
