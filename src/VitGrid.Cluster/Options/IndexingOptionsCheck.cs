using VitGrid.Engine.Options;

namespace VitGrid.Cluster.Options;

/// <summary>Checks <see cref="IndexingOptions"/>.</summary>
internal static class IndexingOptionsCheck
{
    public static IReadOnlyList<string> Faults(IndexingOptions indexing)
    {
        List<string> faults = [];
        GridOptionsCheck.InRange(faults, "Indexing:ReadBatch", indexing.ReadBatch, 1, 1_000);
        GridOptionsCheck.InRange(faults, "Indexing:MaxItems", indexing.MaxItems, 1, 10_000);
        GridOptionsCheck.InRange(faults, "Indexing:MaxBytes", indexing.MaxBytes, 1L << 20, 1L << 40);
        GridOptionsCheck.InRange(faults, "Indexing:PartRows", indexing.PartRows, 1, 100_000);
        GridOptionsCheck.InRange(faults, "Indexing:PartBytes", indexing.PartBytes, 4_096, 1L << 30);
        GridOptionsCheck.InRange(faults, "Indexing:PartMilliseconds", indexing.PartMilliseconds, 10, 600_000);
        GridOptionsCheck.InRange(faults, "Indexing:MaxAttempts", indexing.MaxAttempts, 1, 100);
        GridOptionsCheck.InRange(faults, "Indexing:MaxDeliveries", indexing.MaxDeliveries, 2, 1_000);
        GridOptionsCheck.InRange(faults, "Indexing:BackoffMilliseconds", indexing.BackoffMilliseconds, 1, 60_000);
        GridOptionsCheck.InRange(faults, "Indexing:MaxBackoffMilliseconds", indexing.MaxBackoffMilliseconds, 1, 600_000);
        GridOptionsCheck.InRange(faults, "Indexing:ClaimMilliseconds", indexing.ClaimMilliseconds, 500, 3_600_000);
        GridOptionsCheck.InRange(faults, "Indexing:MaxLength", indexing.MaxLength, 100, 100_000_000);
        GridOptionsCheck.InRange(faults, "Indexing:SpoolFileBytes", indexing.SpoolFileBytes, 1L << 20, 1L << 40);
        GridOptionsCheck.InRange(faults, "Indexing:SpoolBytes", indexing.SpoolBytes, 1L << 20, 1L << 50);
        GridOptionsCheck.InRange(faults, "Indexing:BatchInputs", indexing.BatchInputs, 1, 1_000_000);
        if (indexing.SpoolBytes < indexing.SpoolFileBytes)
            faults.Add($"Indexing:SpoolBytes is {indexing.SpoolBytes}, below Indexing:SpoolFileBytes "
                + $"({indexing.SpoolFileBytes}); raise it");
        if (indexing.Spool is { } spool && (!Path.IsPathFullyQualified(spool) || spool.Contains(';', StringComparison.Ordinal)))
            faults.Add($"Indexing:Spool is '{spool}'; it takes a full path without ';', such as /var/lib/vitgrid/spool");
        if (indexing.MaxBackoffMilliseconds < indexing.BackoffMilliseconds)
            faults.Add($"Indexing:MaxBackoffMilliseconds is {indexing.MaxBackoffMilliseconds}, below Indexing:BackoffMilliseconds "
                + $"({indexing.BackoffMilliseconds}); raise it");
        faults.AddRange(indexing.Roots.Concat(indexing.SinkRoots).Where(root => !Path.IsPathFullyQualified(root))
            .Select(root => $"Indexing:Roots or Indexing:SinkRoots holds '{root}', which is no full path; name folders from /"));
        return faults;
    }
}
