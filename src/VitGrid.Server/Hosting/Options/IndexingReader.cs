using VitGrid.Engine.Options;

namespace VitGrid.Server.Hosting.Options;

/// <summary>Reads section <c>VitGrid:Indexing</c>.</summary>
internal static class IndexingReader
{
    public static IndexingOptions Read(SectionReader section)
    {
        IndexingOptions standard = new();
        return new()
        {
            Redis = section.Text("Redis"),
            KeyPrefix = KeyPrefix(section),
            Roots = Folders(section, "Roots"),
            SinkRoots = Folders(section, "SinkRoots"),
            ReadBatch = section.Integer("ReadBatch", standard.ReadBatch, 1, 1_000),
            MaxItems = section.Integer("MaxItems", standard.MaxItems, 1, 10_000),
            MaxBytes = section.Long("MaxBytes", standard.MaxBytes, 1L << 20, 1L << 40),
            PartRows = section.Integer("PartRows", standard.PartRows, 1, 100_000),
            PartBytes = section.Long("PartBytes", standard.PartBytes, 4_096, 1L << 30),
            PartMilliseconds = section.Integer("PartMilliseconds", standard.PartMilliseconds, 10, 600_000),
            MaxAttempts = section.Integer("MaxAttempts", standard.MaxAttempts, 1, 100),
            MaxDeliveries = section.Integer("MaxDeliveries", standard.MaxDeliveries, 2, 1_000),
            BackoffMilliseconds = section.Integer("BackoffMilliseconds", standard.BackoffMilliseconds, 1, 60_000),
            MaxBackoffMilliseconds = section.Integer("MaxBackoffMilliseconds", standard.MaxBackoffMilliseconds, 1, 600_000),
            ClaimMilliseconds = section.Integer("ClaimMilliseconds", standard.ClaimMilliseconds, 500, 3_600_000),
            StallMilliseconds = section.Integer("StallMilliseconds", standard.StallMilliseconds, 500, 3_600_000),
            MaxLength = section.Integer("MaxLength", standard.MaxLength, 100, 100_000_000),
            Spool = Spool(section),
            SpoolFileBytes = section.Long("SpoolFileBytes", standard.SpoolFileBytes, 1L << 20, 1L << 40),
            SpoolBytes = section.Long("SpoolBytes", standard.SpoolBytes, 1L << 20, 1L << 50),
            BatchInputs = section.Integer("BatchInputs", standard.BatchInputs, 1, 1_000_000),
        };
    }

    private static string? KeyPrefix(SectionReader section)
    {
        string? prefix = section.Text("KeyPrefix");
        if (prefix is not null
            && (prefix.Length > 64 || prefix.Any(letter => !char.IsAsciiLetterOrDigit(letter) && letter is not ('.' or '_' or ':' or '-'))))
            section.Reject("KeyPrefix", $"is '{prefix}'; it takes at most 64 letters, digits, '.', '_', ':' and '-', such as team-a:");
        return prefix;
    }

    private static string? Spool(SectionReader section)
    {
        string? spool = section.Text("Spool");
        if (spool is not null && (!Path.IsPathFullyQualified(spool) || spool.Contains(';', StringComparison.Ordinal)))
            section.Reject("Spool", $"is '{spool}'; it takes a full path without ';', such as /var/lib/vitgrid/spool");
        return spool;
    }

    private static IReadOnlyList<string> Folders(SectionReader section, string key)
    {
        IReadOnlyList<string> folders = section.List(key);
        if (folders.FirstOrDefault(folder => !Path.IsPathFullyQualified(folder)) is { } relative)
            section.Reject(key, $"holds '{relative}'; it takes full paths, comma-separated, such as /photos,/scans");
        return folders;
    }
}
