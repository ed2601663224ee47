using System.Collections.Frozen;

namespace VitGrid.Access.Keys;

/// <summary>A snapshot of every key, by its hash. Immutable; any thread may ask.</summary>
public sealed class KeyRing
{
    private readonly FrozenDictionary<KeyHash, ApiKey> _current;
    private readonly FrozenDictionary<KeyHash, ApiKey> _previous;

    private KeyRing(IReadOnlyList<ApiKey> keys)
    {
        Keys = keys;
        _current = ByHash(keys, key => key.Hash);
        _previous = ByHash(keys.Where(key => key.PreviousUntil is not null), key => key.PreviousHash);
    }

    /// <summary>No key.</summary>
    public static KeyRing Empty { get; } = new([]);

    /// <summary>Every key.</summary>
    public IReadOnlyList<ApiKey> Keys { get; }

    /// <summary>A snapshot of these keys.</summary>
    public static KeyRing From(IReadOnlyList<ApiKey> keys) => new(keys);

    /// <summary>The key of a hash, the earlier one while it is still taken; null: there is none.</summary>
    public ApiKey? Find(KeyHash hash, DateTimeOffset now)
    {
        if (_current.TryGetValue(hash, out ApiKey? key))
            return key;
        return _previous.TryGetValue(hash, out ApiKey? rotated) && now < rotated.PreviousUntil ? rotated : null;
    }

    private static FrozenDictionary<KeyHash, ApiKey> ByHash(IEnumerable<ApiKey> keys, Func<ApiKey, string?> hash) => keys
        .Where(key => hash(key) is not null)
        .DistinctBy(hash)
        .ToFrozenDictionary(key => KeyHash.Parse(hash(key)!));
}
