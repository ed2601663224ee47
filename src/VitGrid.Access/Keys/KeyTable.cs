using System.Text.Json;
using StackExchange.Redis;
using VitGrid.Access.Connections;

namespace VitGrid.Access.Keys;

/// <summary>Keys in Redis, which all processes of a grid read; every change is told to them at once.</summary>
/// <param name="redis">The Redis of keys.</param>
public sealed class KeyTable(AccessRedis redis) : IKeyStore
{
    /// <inheritdoc/>
    public string Place => $"Redis {redis.Name}";

    /// <inheritdoc/>
    public Task<IReadOnlyList<ApiKey>> ReadAsync(CancellationToken cancellationToken) => AskAsync<IReadOnlyList<ApiKey>>(async data =>
    {
        HashEntry[] entries = await data.HashGetAllAsync(AccessKeys.Keys).WaitAsync(cancellationToken).ConfigureAwait(false);
        return [.. entries.Select(entry => KeyJson.Read(entry.Value!))];
    });

    /// <inheritdoc/>
    public Task<bool> AddAsync(ApiKey key, CancellationToken cancellationToken) => ChangeAsync(
        data => data.HashSetAsync(AccessKeys.Keys, key.Name, Text(key), When.NotExists), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> ReplaceAsync(ApiKey key, ApiKey changed, CancellationToken cancellationToken) => ChangeAsync(
        async data =>
        {
            RedisValue stored = await data.HashGetAsync(AccessKeys.Keys, key.Name).ConfigureAwait(false);
            if (stored.IsNull || KeyJson.Read(stored!) is not { } found || found.Id != key.Id || found.Hash != key.Hash)
                return false;
            ITransaction change = data.CreateTransaction();
            change.AddCondition(Condition.HashEqual(AccessKeys.Keys, key.Name, stored));
            _ = change.HashSetAsync(AccessKeys.Keys, key.Name, Text(changed));
            return await change.ExecuteAsync().ConfigureAwait(false);
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<bool> RemoveAsync(ApiKey key, CancellationToken cancellationToken) => ChangeAsync(
        data => data.HashDeleteAsync(AccessKeys.Keys, key.Name), cancellationToken);

    /// <inheritdoc/>
    public async Task ListenAsync(Action changed)
    {
        try
        {
            await redis.ListenAsync(AccessKeys.Changed, changed).ConfigureAwait(false);
        }
        catch (Exception exception) when (AccessRedis.IsOutage(exception))
        {
            throw Away(exception);
        }
    }

    private static string Text(ApiKey key) => JsonSerializer.Serialize(key, KeyJson.Default.ApiKey);

    private Task<bool> ChangeAsync(Func<IDatabase, Task<bool>> change, CancellationToken cancellationToken) => AskAsync(async data =>
    {
        bool isDone = await change(data).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (isDone)
            await data.PublishAsync(AccessKeys.Changed, "").ConfigureAwait(false);
        return isDone;
    });

    private async Task<T> AskAsync<T>(Func<IDatabase, Task<T>> question)
    {
        try
        {
            return await question(await redis.DataAsync().ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (Exception exception) when (AccessRedis.IsOutage(exception))
        {
            throw Away(exception);
        }
        catch (JsonException exception)
        {
            throw new KeyStoreException($"{Place} holds what is no key: {exception.Message}", exception);
        }
    }

    private KeyStoreException Away(Exception exception) => new(
        exception is RedisServerException
            ? $"{Place}, which holds the keys, refuses: {exception.Message}; see the rights of its user, in docs/operations.md"
            : $"{Place}, which holds the keys, does not answer ({exception.GetType().Name}); see that it runs, and check "
                + "VitGrid:Auth:Redis",
        exception);
}
