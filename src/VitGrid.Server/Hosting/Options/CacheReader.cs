using VitGrid.Engine.Options;

namespace VitGrid.Server.Hosting.Options;

/// <summary>Reads section <c>VitGrid:Cache</c>.</summary>
internal static class CacheReader
{
    public static CacheOptions Read(SectionReader section)
    {
        CacheOptions standard = new();
        return new()
        {
            MemoryBytes = section.Long("MemoryBytes", standard.MemoryBytes, 0, 1L << 40),
            Redis = section.Text("Redis"),
            Format = section.Choice("Format", standard.Format),
            TtlSeconds = section.Integer("TtlSeconds", standard.TtlSeconds, 0, 31_536_000),
            TtlJitterPercent = section.Integer("TtlJitterPercent", standard.TtlJitterPercent, 0, 50),
            WaitMilliseconds = section.Integer("WaitMilliseconds", standard.WaitMilliseconds, 1, 10_000),
            WriteQueueItems = section.Integer("WriteQueueItems", standard.WriteQueueItems, 1, 1_000_000),
            WriteQueueBytes = section.Long("WriteQueueBytes", standard.WriteQueueBytes, 1L << 20, 1L << 34),
            BreakAfterFailures = section.Integer("BreakAfterFailures", standard.BreakAfterFailures, 1, 100),
            ProbeMilliseconds = section.Integer("ProbeMilliseconds", standard.ProbeMilliseconds, 10, 60_000),
            ClusterFlight = section.Flag("ClusterFlight", standard.ClusterFlight),
        };
    }
}
