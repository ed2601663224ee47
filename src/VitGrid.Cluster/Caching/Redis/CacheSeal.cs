using System.Security.Cryptography;
using System.Text;
using VitGrid.Engine.Options;
using VitGrid.Settings;

namespace VitGrid.Cluster.Caching.Redis;

/// <summary>
/// Proves that a value in Redis was written by a process of this grid: the first 128 bits of HMAC-SHA256 over the key's text and the value,
/// by a key that only they have. The first key writes, all of them read, so that keys can be changed while the grid runs.
/// </summary>
internal sealed class CacheSeal(IReadOnlyList<string> keys)
{
    /// <summary>Bytes of a proof.</summary>
    public const int Length = 16;

    /// <summary>Environment variable with the keys, one a line, where no file is set.</summary>
    public const string Variable = "VITGRID_CACHE_MAC_KEYS";

    /// <summary>Fewest characters of a key: 32 hexadecimal digits are 128 bits.</summary>
    public const int MinKeyLength = 32;

    private static readonly SettingPath Setting = SettingPath.Root[nameof(GridOptions.Cache)][nameof(CacheOptions.MacKeyFile)];

    private readonly byte[][] _keys = [.. keys.Select(Encoding.UTF8.GetBytes)];

    /// <summary>The seal of the keys that are set; null: none are.</summary>
    /// <exception cref="GridConfigurationException">They cannot be read, or one is too short.</exception>
    public static CacheSeal? From(CacheOptions options) =>
        Read(options, out string[] keys) is { } fault ? throw new GridConfigurationException([fault])
            : keys.Length > 0 ? new(keys) : null;

    /// <summary>What is wrong with the keys that are set; null when nothing is. Never says one.</summary>
    public static string? Fault(CacheOptions options) => Read(options, out _);

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

    private static string? Read(CacheOptions options, out string[] keys)
    {
        keys = [];
        try
        {
            string text = options.MacKeyFile is { } file ? File.ReadAllText(file) : Environment.GetEnvironmentVariable(Variable) ?? "";
            keys = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return $"{Setting} is '{options.MacKeyFile}', which cannot be read: {exception.Message}";
        }
        string where = options.MacKeyFile is { } named ? $"{Setting} is '{named}', and" : $"{Variable} is set, and";
        if (options.MacKeyFile is not null && keys.Length == 0)
            return $"{where} there is no key in it; write one a line, such as 'openssl rand -hex 32' makes them";
        return Array.FindIndex(keys, key => key.Length < MinKeyLength) is >= 0 and var at ? $"{where} its key {at + 1} has "
            + $"{keys[at].Length} characters; at least {MinKeyLength} are needed, such as 'openssl rand -hex 32' makes them" : null;
    }
}
