namespace VitGrid.Access.Keys;

/// <summary>Where keys are kept: a file, or Redis. Any thread may call.</summary>
public interface IKeyStore
{
    /// <summary>What messages call it.</summary>
    string Place { get; }

    /// <summary>Reads every key.</summary>
    /// <exception cref="KeyStoreException">It cannot be read, or holds something else.</exception>
    Task<IReadOnlyList<ApiKey>> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Adds a key.</summary>
    /// <returns>False when one of its name is there.</returns>
    /// <exception cref="KeyStoreException">It cannot be written.</exception>
    Task<bool> AddAsync(ApiKey key, CancellationToken cancellationToken);

    /// <summary>Puts <paramref name="changed"/> in the place of <paramref name="key"/>.</summary>
    /// <returns>False when that is gone, or was changed by another hand.</returns>
    /// <exception cref="KeyStoreException">It cannot be written.</exception>
    Task<bool> ReplaceAsync(ApiKey key, ApiKey changed, CancellationToken cancellationToken);

    /// <summary>Removes a key.</summary>
    /// <returns>False when it is gone.</returns>
    /// <exception cref="KeyStoreException">It cannot be written.</exception>
    Task<bool> RemoveAsync(ApiKey key, CancellationToken cancellationToken);

    /// <summary>Calls <paramref name="changed"/> whenever the store tells of a change by itself; some stores never do.</summary>
    Task ListenAsync(Action changed);
}

/// <summary>Keys that cannot be read or written. The message names the place and the remedy, and holds no secret.</summary>
public sealed class KeyStoreException(string message, Exception? cause = null) : Exception(message, cause);
