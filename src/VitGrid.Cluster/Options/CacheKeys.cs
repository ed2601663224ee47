using VitGrid.Engine.Options;
using VitGrid.Settings;

namespace VitGrid.Cluster.Options;

/// <summary>The keys by which processes know each other's vectors in the cache's Redis, as an operator gives them.</summary>
internal static class CacheKeys
{
    /// <summary>Environment variable with the keys, one a line, where no file is set.</summary>
    public const string Variable = "VITGRID_CACHE_MAC_KEYS";

    /// <summary>Fewest characters of a key: 32 hexadecimal digits are 128 bits.</summary>
    private const int MinLength = 32;

    private const string Remedy = "such as 'openssl rand -hex 32' makes them";

    private static readonly SettingPath Setting = SettingPath.Root[nameof(GridOptions.Cache)][nameof(CacheOptions.MacKeyFile)];

    /// <summary>The keys; empty: none are set.</summary>
    /// <exception cref="GridConfigurationException">They cannot be read, or one is too short.</exception>
    public static IReadOnlyList<string> Read(CacheOptions options) =>
        Read(options, out string[] keys) is { } fault ? throw new GridConfigurationException([fault]) : keys;

    /// <summary>What is wrong with the keys that are set; null when nothing is. Never says one.</summary>
    public static string? Fault(CacheOptions options) => Read(options, out _);

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
            return $"{where} there is no key in it; write one a line, {Remedy}";
        int at = Array.FindIndex(keys, key => key.Length < MinLength);
        return at < 0 ? null
            : $"{where} its key {at + 1} has {keys[at].Length} characters; at least {MinLength} are needed, {Remedy}";
    }
}
