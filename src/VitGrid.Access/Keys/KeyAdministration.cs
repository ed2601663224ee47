using System.Security.Cryptography;

namespace VitGrid.Access.Keys;

/// <summary>A key with its secret, which is known in this moment only.</summary>
/// <param name="Key">What is kept.</param>
/// <param name="Secret">What its owner sends.</param>
public sealed record NewKey(ApiKey Key, string Secret)
{
    /// <inheritdoc/>
    public override string ToString() => Key.ToString();
}

/// <summary>Makes, changes and removes keys in a store.</summary>
/// <param name="store">Where they are kept.</param>
/// <param name="time">The clock.</param>
public sealed class KeyAdministration(IKeyStore store, TimeProvider time)
{
    /// <summary>Keys that a store may hold: every process reads all of them again and again.</summary>
    public const int MaxKeys = 1_000;

    /// <summary>Makes a key.</summary>
    /// <param name="draft">Its name and what it may do; id, hash and times are given here.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="KeyStoreException">There is one of that name, there are too many, or the store does not answer.</exception>
    public async Task<NewKey> CreateAsync(Func<string, string, ApiKey> draft, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(draft);
        string secret = KeyHash.CreateKey();
        ApiKey key = draft($"key-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}", HashOf(secret)) with
        {
            Created = time.GetUtcNow(),
        };
        if ((await TryListAsync(cancellationToken).ConfigureAwait(false)).Count >= MaxKeys)
            throw new KeyStoreException($"{store.Place} holds {MaxKeys:N0} keys, the limit; revoke some, or let an OpenID Connect issuer "
                + "vouch for so many (VitGrid:Auth:Jwt)");
        return await store.AddAsync(key, cancellationToken).ConfigureAwait(false)
            ? new(key, secret)
            : throw new KeyStoreException(
                $"{store.Place} has a key '{key.Name}' already; choose another name, or 'vitgrid keys rotate {key.Name}'");
    }

    /// <summary>Every key, by its name.</summary>
    /// <exception cref="KeyStoreException">The store does not answer.</exception>
    public async Task<IReadOnlyList<ApiKey>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await store.ReadAsync(cancellationToken).ConfigureAwait(false)).OrderBy(key => key.Name, StringComparer.Ordinal)];

    /// <summary>Gives a key a new secret; the old one is taken for <paramref name="overlap"/> longer.</summary>
    /// <exception cref="KeyStoreException">There is no such key, another hand changed it, or the store does not answer.</exception>
    public async Task<NewKey> RotateAsync(string nameOrId, TimeSpan overlap, CancellationToken cancellationToken)
    {
        ApiKey key = await FindAsync(nameOrId, cancellationToken).ConfigureAwait(false);
        string secret = KeyHash.CreateKey();
        DateTimeOffset now = time.GetUtcNow();
        ApiKey changed = key with
        {
            Hash = HashOf(secret),
            PreviousHash = overlap > TimeSpan.Zero ? key.Hash : null,
            PreviousUntil = overlap > TimeSpan.Zero ? now + overlap : null,
            Rotated = now,
        };
        return await store.ReplaceAsync(key, changed, cancellationToken).ConfigureAwait(false)
            ? new(changed, secret)
            : throw new KeyStoreException($"key '{key.Name}' was changed by another hand just now; see 'vitgrid keys list' and try again");
    }

    /// <summary>Removes a key; every process refuses it from then on.</summary>
    /// <exception cref="KeyStoreException">There is no such key, or the store does not answer.</exception>
    public async Task<ApiKey> RevokeAsync(string nameOrId, CancellationToken cancellationToken)
    {
        ApiKey key = await FindAsync(nameOrId, cancellationToken).ConfigureAwait(false);
        await store.RemoveAsync(key, cancellationToken).ConfigureAwait(false);
        return key;
    }

    /// <summary>The key of a name or id.</summary>
    /// <exception cref="KeyStoreException">There is none, or the store does not answer.</exception>
    public async Task<ApiKey> FindAsync(string nameOrId, CancellationToken cancellationToken) =>
        (await store.ReadAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(key => key.Name == nameOrId || key.Id == nameOrId)
        ?? throw new KeyStoreException($"{store.Place} has no key '{Shown(nameOrId)}'; 'vitgrid keys list' shows those it has");

    private async Task<IReadOnlyList<ApiKey>> TryListAsync(CancellationToken cancellationToken) =>
        store is KeyFile { Exists: false } ? [] : await store.ReadAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Somebody may give the key itself for its name.</summary>
    private static string Shown(string nameOrId) =>
        ApiKey.IsName(nameOrId) && !nameOrId.StartsWith(KeyHash.Prefix, StringComparison.Ordinal) ? nameOrId : "(no name)";

    private static string HashOf(string secret) => KeyHash.TryFrom(secret, out KeyHash hash)
        ? hash.ToString()
        : throw new InvalidOperationException("a key of our own has another form");
}
