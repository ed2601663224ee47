using VitGrid.Engine.Options;

namespace VitGrid.Cluster.Options;

/// <summary>Checks <see cref="CacheOptions"/>.</summary>
internal static class CacheOptionsCheck
{
    public static void Check(CacheOptions cache, List<string> faults)
    {
        GridOptionsCheck.InRange(faults, "Cache:MemoryBytes", cache.MemoryBytes, 0, 1L << 40);
        GridOptionsCheck.InRange(faults, "Cache:TtlSeconds", cache.TtlSeconds, 0, 31_536_000);
        GridOptionsCheck.InRange(faults, "Cache:TtlJitterPercent", cache.TtlJitterPercent, 0, 50);
        GridOptionsCheck.InRange(faults, "Cache:WaitMilliseconds", cache.WaitMilliseconds, 1, 10_000);
        GridOptionsCheck.InRange(faults, "Cache:WriteQueueItems", cache.WriteQueueItems, 1, 1_000_000);
        GridOptionsCheck.InRange(faults, "Cache:WriteQueueBytes", cache.WriteQueueBytes, 1L << 20, 1L << 34);
        GridOptionsCheck.InRange(faults, "Cache:BreakAfterFailures", cache.BreakAfterFailures, 1, 100);
        GridOptionsCheck.InRange(faults, "Cache:ProbeMilliseconds", cache.ProbeMilliseconds, 10, 60_000);
        if (cache.Redis is { } redis)
            faults.AddRange(RedisAddress.Faults(redis, "Cache:Redis"));
    }
}
