using StackExchange.Redis;
using VitGrid.Cluster.Options;
using VitGrid.Engine.Caching;
using VitGrid.Engine.Options;
using VitGrid.Redis;

namespace VitGrid.Cluster.Administration;

/// <summary>An operator's line to the cache's Redis. It walks over the keys in small steps, so that images are not held up.</summary>
public sealed class CacheAdministration : IAsyncDisposable
{
    private const int Step = 500;

    private readonly ConnectionMultiplexer _redis;
    private readonly string _name;
    private readonly string _keyPrefix;

    private CacheAdministration(ConnectionMultiplexer redis, string name, string keyPrefix) =>
        (_redis, _name, _keyPrefix) = (redis, name, keyPrefix);

    private IDatabase Data => _redis.GetDatabase();

    /// <summary>Connects.</summary>
    /// <param name="cache">Where it is, as <see cref="RedisAddress"/> reads it, and with which files.</param>
    /// <exception cref="GridConfigurationException">It is malformed, or nobody answers there.</exception>
    public static async Task<CacheAdministration> ConnectAsync(CacheOptions cache)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ConfigurationOptions settings = RedisSetting.Parse(cache);
        settings.AbortOnConnectFail = settings.AllowAdmin = true;
        string name = string.Join(',', settings.EndPoints);
        try
        {
            return new(await ConnectionMultiplexer.ConnectAsync(settings), name, cache.KeyPrefix ?? "");
        }
        catch (RedisConnectionException exception)
        {
            throw new GridConfigurationException(
                [$"Redis at {name} does not answer ({exception.FailureType}); see that it runs, and check --redis and VitGrid:Cache:Redis"],
                exception);
        }
    }

    /// <summary>What is stored of <paramref name="model"/>, of every model when it is null.</summary>
    /// <param name="model">Its name.</param>
    /// <param name="tenant">Counts only what is kept for this one: a key's id, or a token's subject; null: all.</param>
    /// <param name="progress">Called with the part that is done, 0–1.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<CacheStatus> StatusAsync(
        string? model, string? tenant, Action<double> progress, CancellationToken cancellationToken)
    {
        string? digest = tenant is null ? null : EmbeddingKey.DigestOf(tenant);
        Dictionary<StoredKey, (long Vectors, long Bytes)> found = [];
        await foreach (RedisKey[] keys in KeysAsync(model, progress, cancellationToken))
        {
            long[] lengths = await Task.WhenAll(keys.Select(LengthAsync));
            foreach ((RedisKey key, long length) in keys.Zip(lengths))
            {
                StoredKey stored = Parse(key)!.Value;
                if (digest is not null && stored.Tenant != digest)
                    continue;
                (long vectors, long bytes) = found.GetValueOrDefault(stored);
                found[stored] = (vectors + 1, bytes + length + key.ToString().Length);
            }
        }
        IEnumerable<CachedModel> models = found.Select(
            entry => new CachedModel(entry.Key.Model, entry.Key.Revision, entry.Value.Vectors, entry.Value.Bytes, entry.Key.Tenant));
        RedisInfo[] infos = await Task.WhenAll((await HoldersAsync()).Select(InfoAsync));
        return CacheStatus.From(_name, infos, [
            .. models.OrderBy(entry => entry.Model, StringComparer.Ordinal).ThenBy(entry => entry.Revision, StringComparer.Ordinal)
                .ThenBy(entry => entry.Tenant, StringComparer.Ordinal)]);
    }

    /// <summary>Forgets every vector of <paramref name="model"/>.</summary>
    /// <param name="model">Its name.</param>
    /// <param name="progress">Called with the part that is done, 0–1.</param>
    /// <param name="cancellationToken">Gives up; what is gone is gone.</param>
    /// <returns>How many were there.</returns>
    public async Task<long> PurgeAsync(string model, Action<double> progress, CancellationToken cancellationToken)
    {
        long gone = 0;
        // The client sends UNLINK: memory is freed beside the answers to others.
        await foreach (RedisKey[] keys in KeysAsync(model, progress, cancellationToken))
            gone += await DeleteAsync(keys);
        return gone;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    /// <summary>Keys of the model, by SCAN, some at a time.</summary>
    private async IAsyncEnumerable<RedisKey[]> KeysAsync(
        string? model, Action<double> progress,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (IServer server in await HoldersAsync())
        {
            long seen = 0, all = Math.Max(1, await server.DatabaseSizeAsync(Data.Database));
            IAsyncEnumerable<RedisKey> keys = server.KeysAsync(
                    Data.Database, _keyPrefix + StoredKey.Pattern(model), pageSize: Step)
                .Where(key => Parse(key) is { } stored && (model is null || stored.Model == model));
            await foreach (RedisKey[] step in keys.Chunk(Step).WithCancellation(cancellationToken))
            {
                yield return step;
                progress(Math.Min(1, (double)(seen += step.Length) / all));
            }
        }
    }

    private StoredKey? Parse(RedisKey key) => StoredKey.Parse(key.ToString()[_keyPrefix.Length..]);

    /// <summary>In a Redis Cluster they lie in many slots, and so go one by one.</summary>
    private async Task<long> DeleteAsync(RedisKey[] keys) => _redis.IsCluster()
        ? (await Task.WhenAll(keys.Select(key => Data.KeyDeleteAsync(key)))).Count(removed => removed)
        : await Data.KeyDeleteAsync(keys);

    private static async Task<RedisInfo> InfoAsync(IServer server) =>
        RedisInfo.Parse(await server.InfoRawAsync("memory") + await server.InfoRawAsync("stats"));

    private async Task<IReadOnlyList<IServer>> HoldersAsync()
    {
        try
        {
            return await _redis.HoldersAsync();
        }
        catch (RedisException exception)
        {
            throw new GridConfigurationException([$"Redis at {_name}: {exception.Message}, so that not all vectors are seen"], exception);
        }
    }

    /// <summary>Bytes of a value; of what is no string, none.</summary>
    private async Task<long> LengthAsync(RedisKey key)
    {
        try
        {
            return await Data.StringLengthAsync(key);
        }
        catch (RedisServerException)
        {
            return 0;
        }
    }
}
