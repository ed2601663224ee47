using System.Security.Cryptography;
using System.Text;
using VitGrid.Cluster.Options;
using VitGrid.Engine.Options;

namespace VitGrid.Cluster.Caching.Redis;

/// <summary>
/// Proves that a value in Redis was written by a process of this grid: the first 128 bits of HMAC-SHA256 over the key's text and the value,
/// by a key that only they have. The first key writes, all of them read, so that keys can be changed while the grid runs.
/// </summary>
internal sealed class CacheSeal(IReadOnlyList<string> keys)
{
    /// <summary>Bytes of a proof.</summary>
    public const int Length = 16;

    private readonly byte[][] _keys = [.. keys.Select(Encoding.UTF8.GetBytes)];

    /// <summary>The seal of the keys that are set; null: none are.</summary>
    /// <exception cref="GridConfigurationException">They cannot be read, or one is too short.</exception>
    public static CacheSeal? From(CacheOptions options) => CacheKeys.Read(options) is { Count: > 0 } keys ? new(keys) : null;

    /// <summary>Writes the proof of a value's parts.</summary>
    public void Sign(string key, ReadOnlySpan<byte> header, ReadOnlySpan<byte> numbers, Span<byte> proof) =>
        Sign(_keys[0], key, header, numbers, proof);

    /// <summary>Whether one of the keys made that proof.</summary>
    public bool IsSigned(string key, ReadOnlySpan<byte> header, ReadOnlySpan<byte> numbers, ReadOnlySpan<byte> proof)
    {
        Span<byte> expected = stackalloc byte[Length];
        foreach (byte[] secret in _keys)
        {
            Sign(secret, key, header, numbers, expected);
            if (CryptographicOperations.FixedTimeEquals(expected, proof))
                return true;
        }
        return false;
    }

    private static void Sign(byte[] secret, string key, ReadOnlySpan<byte> header, ReadOnlySpan<byte> numbers, Span<byte> proof)
    {
        using IncrementalHash hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
        byte[] text = Encoding.UTF8.GetBytes(key);
        // Its length first: no other key and header run together to the same bytes.
        hash.AppendData(BitConverter.GetBytes(text.Length));
        hash.AppendData(text);
        hash.AppendData(header);
        hash.AppendData(numbers);
        Span<byte> whole = stackalloc byte[HMACSHA256.HashSizeInBytes];
        hash.GetHashAndReset(whole);
        whole[..Length].CopyTo(proof);
    }
}
