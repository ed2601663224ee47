using VitGrid.Engine.Options;

namespace VitGrid.Cluster.Caching.Redis;

/// <summary>When Redis forgets a vector.</summary>
internal static class Expiry
{
    /// <summary>
    /// The configured time, shortened or lengthened by up to the jitter as <paramref name="drawn"/>, 0–1, says; null: never.
    /// </summary>
    public static TimeSpan? For(CacheOptions options, double drawn) => options.TtlSeconds == 0
        ? null
        : TimeSpan.FromSeconds(Math.Ceiling(options.TtlSeconds * (1 + (options.TtlJitterPercent / 100.0 * ((2 * drawn) - 1)))));
}
