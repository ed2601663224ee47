using VitGrid.Settings;

namespace VitGrid.Engine.Options;

/// <summary>
/// Queue-driven indexing: where the queue is, and how much of it a process takes upon itself. Without <see cref="Redis"/> there is none.
/// </summary>
public sealed record IndexingOptions : ISettingRules
{
    /// <summary>
    /// Redis that holds the queue; null: no indexing. It must neither evict nor forget: <c>noeviction</c>, append-only file.
    /// </summary>
    [Setting("Redis that holds the indexing queue, as `--queue-redis`; none: no indexing. `noeviction` and an append-only file",
        Form = RedisForm.Text)]
    public string? Redis { get; init; }

    /// <summary>File whose text is Redis' password; null: the address has it, or none is needed.</summary>
    [Setting("file with the password of `Indexing:Redis`", Form = "a file")]
    public string? RedisPasswordFile { get; init; }

    /// <summary>PEM file of the authorities that sign Redis' certificate; null: those that the machine trusts.</summary>
    [Setting("PEM file of the authorities that sign its certificate, for `rediss://`; none: those that the machine trusts",
        Form = "a file")]
    public string? RedisAuthorityFile { get; init; }

    /// <summary>What stands before every key of the queue and its batches, so that several grids can share a Redis.</summary>
    [Setting("what stands before every key of the queue, so that several grids can share a Redis; `index` verbs need the same. None: "
        + "`Cluster:KeyPrefix`", Form = KeyPrefixForm.Text, Accepts = nameof(IsPrefix))]
    public string? KeyPrefix { get; init; }

    /// <summary>
    /// Replicas that must have what is submitted, and what workers intend, before anybody outside Redis is told; 0: none is asked, and a
    /// fail-over loses what the promoted replica had not got.
    /// </summary>
    [Setting("replicas that must have what is submitted, and each part's intent, before it counts: a fail-over then loses nothing. 0 "
        + "waits for none. With it `min-replicas-to-write` there", Unit = "replicas", Min = 0, Max = 10)]
    public int ConfirmReplicas { get; init; }

    /// <summary>Folders below which <c>file:</c> images may lie; none named allows the folder the process was started in.</summary>
    [Setting("folders below which `file:` images may lie; none named: the folder the process was started in", Form = "full paths",
        Accepts = nameof(IsFullPath))]
    public IReadOnlyList<string> Roots { get; init; } = [];

    /// <summary>
    /// Folders below which <c>file:</c> images may lie that HTTP clients name, in the lines of a batch; none named: no client reads files.
    /// </summary>
    [Setting("folders below which `file:` images of `/v1/batches` may lie; none named: HTTP clients read no files", Form = "full paths",
        Accepts = nameof(IsFullPath))]
    public IReadOnlyList<string> HttpFileRoots { get; init; } = [];

    /// <summary>Folders below which file sinks may write; none named allows the folder the process was started in.</summary>
    [Setting("folders below which file sinks may write; none named: the folder the process was started in", Form = "full paths",
        Accepts = nameof(IsFullPath))]
    public IReadOnlyList<string> SinkRoots { get; init; } = [];

    /// <summary>Database hosts that sinks may name; none named: no sink is a database. Passwords go to these hosts only.</summary>
    [Setting("database hosts that sinks may name, as they name them; passwords go to these only. None named: no database",
        Form = "`HOST`, `HOST:PORT`, `[IPV6]:PORT` or the folder of a Unix socket", Accepts = nameof(IsHost))]
    public IReadOnlyList<string> SinkHosts { get; init; } = [];

    /// <summary>TLS of connections to databases beyond loopback; a sink may ask for more, not for less.</summary>
    [Setting("TLS to database hosts beyond loopback: VerifyFull compares the certificate's name, VerifyCA its authority alone, Require "
        + "neither. A sink may ask for more")]
    public SinkTls SinkTls { get; init; }

    /// <summary>Most items that one read takes from the queue.</summary>
    [Setting("most entries that one read takes from the queue", Unit = "entries", Min = 1, Max = 1_000)]
    public int ReadBatch { get; init; } = 64;

    /// <summary>Most items between queue and part in this process.</summary>
    [Setting("items between queue and part in this process; what more waits, waits in Redis", Unit = "items", Min = 1, Max = 10_000,
        Beside = "not above `Queue:MaxImages`")]
    public int MaxItems { get; init; } = 128;

    /// <summary>Most bytes of encoded images held by them; one image always passes.</summary>
    [Setting("encoded images held by them; one image always passes", Unit = "bytes", Min = 1L << 20, Max = 1L << 40)]
    public long MaxBytes { get; init; } = 256L << 20;

    /// <summary>
    /// Most bytes of archives that are kept for the items that come next: unpacked blocks of gzip, and row groups of Parquet files, two of
    /// which always are.
    /// </summary>
    [Setting("what is kept of archives in gzip, and again of Parquet files, for the items that come next, beside `MaxBytes`; two row "
        + "groups always are", Unit = "bytes", Min = 4L << 20,
        Max = 1L << 34)]
    public long ArchiveBytes { get; init; } = 64L << 20;

    /// <summary>Most rows of a part, which a sink takes as a whole.</summary>
    [Setting("most rows of a part", Unit = "rows", Min = 1, Max = 100_000)]
    public int PartRows { get; init; } = 1_024;

    /// <summary>Most bytes of a part's vectors.</summary>
    [Setting("most bytes of its vectors; a job holds two parts at most", Unit = "bytes", Min = 4_096, Max = 1L << 30)]
    public long PartBytes { get; init; } = 16L << 20;

    /// <summary>Longest time a row waits for its part to fill.</summary>
    [Setting("longest time a row waits for its part to fill", Unit = "ms", Min = 10, Max = 600_000)]
    public int PartMilliseconds { get; init; } = 2_000;

    /// <summary>Tries of an item that fails for a passing reason, before it goes to the dead letters.</summary>
    [Setting("tries of an item that fails for a passing reason", Unit = "tries", Min = 1, Max = 100)]
    public int MaxAttempts { get; init; } = 6;

    /// <summary>Processes an item may be taken from before it is suspected of killing them and goes to the dead letters.</summary>
    [Setting("workers that may be lost while they have an item, before it is taken for what kills them", Unit = "workers", Min = 2,
        Max = 1_000)]
    public int MaxDeliveries { get; init; } = 20;

    /// <summary>Pause before the second try; it doubles with each.</summary>
    [Setting("pause before the second try; it doubles with each", Unit = "ms", Min = 1, Max = 60_000)]
    public int BackoffMilliseconds { get; init; } = 500;

    /// <summary>Longest pause between two tries.</summary>
    [Setting("longest pause between two tries", Unit = "ms", Min = 1, Max = 600_000, Beside = "not below `BackoffMilliseconds`")]
    public int MaxBackoffMilliseconds { get; init; } = 30_000;

    /// <summary>
    /// Silence after which another process takes over what a process had read. Living ones renew what they hold three
    /// times as often, however long it takes.
    /// </summary>
    [Setting("silence after which others take over what a worker had; living ones renew it three times as often", Unit = "ms", Min = 500,
        Max = 3_600_000)]
    public int ClaimMilliseconds { get; init; } = 30_000;

    /// <summary>
    /// Time without an end after which a job's items under way are set aside, so that others go on, and limit of each call to its sink.
    /// </summary>
    [Setting("time without an end after which a job's items under way are set aside, so that other jobs go on; limit of each call to its "
        + "sink", Unit = "ms", Min = 500, Max = 3_600_000)]
    public int StallMilliseconds { get; init; } = 60_000;

    /// <summary>Most entries in the stream before submitters wait.</summary>
    [Setting("entries in the stream before `index submit` waits", Unit = "entries", Min = 100, Max = 100_000_000)]
    public int MaxLength { get; init; } = 1_000_000;

    /// <summary>
    /// Folder of the files of <c>/v1/files</c> and of the batches made of them. All front ends and
    /// workers must see it under the same path. None named takes <c>vitgrid/spool</c> in the user's data folder.
    /// </summary>
    [Setting("folder of `/v1/files` and `/v1/batches`, under the same path on all front ends and workers; none: `vitgrid/spool` in the "
        + "user's data folder", Form = "a full path without `;`, such as `/var/lib/vitgrid/spool`", Accepts = nameof(IsSpool))]
    public string? Spool { get; init; }

    /// <summary>Largest file that may be uploaded.</summary>
    [Setting("largest uploaded file", Unit = "bytes", Min = 1L << 20, Max = 1L << 40)]
    public long SpoolFileBytes { get; init; } = 2L << 30;

    /// <summary>Bytes in the spool folder above which no upload is taken; the results of accepted batches still are.</summary>
    [Setting("bytes in the spool above which no upload is taken", Unit = "bytes", Min = 1L << 20, Max = 1L << 50,
        Beside = "not below `SpoolFileBytes`")]
    public long SpoolBytes { get; init; } = 20L << 30;

    /// <summary>Most images and refused lines of a batch.</summary>
    [Setting("most images and refused lines of a batch", Unit = "images and lines", Min = 1, Max = 1_000_000)]
    public int BatchInputs { get; init; } = 50_000;

    /// <summary>Stores of objects.</summary>
    [Section]
    public S3Options S3 { get; init; } = new();

    /// <summary>Whether there is a queue.</summary>
    public bool IsOn => Redis is not null;

    /// <inheritdoc/>
    public IEnumerable<string> Faults(SettingPath path) => SettingPath
        .AtMost(
            path[nameof(BackoffMilliseconds)], BackoffMilliseconds, path[nameof(MaxBackoffMilliseconds)], MaxBackoffMilliseconds,
            "the first pause would be longer than the longest")
        .Concat(SettingPath.AtMost(
            path[nameof(SpoolFileBytes)], SpoolFileBytes, path[nameof(SpoolBytes)], SpoolBytes, "the largest file could never be stored"));

    private static bool IsPrefix(string text) => KeyPrefixForm.Accepts(text);

    private static bool IsFullPath(string text) => Path.IsPathFullyQualified(text);

    private static bool IsHost(string text) =>
        text.Length is > 0 and <= 255 && text.All(letter => char.IsAsciiLetterOrDigit(letter) || ".-_:[]/@".Contains(letter));

    private static bool IsSpool(string text) => IsFullPath(text) && !text.Contains(';', StringComparison.Ordinal);
}

/// <summary>How a connection to a database is encrypted and its server recognised, the strictest first.</summary>
public enum SinkTls
{
    /// <summary>The certificate comes from a trusted authority and names the host.</summary>
    VerifyFull,

    /// <summary>The certificate comes from a trusted authority.</summary>
    VerifyCA,

    /// <summary>Any certificate: whoever answers can read what is sent.</summary>
    Require,

    /// <summary>None is asked for.</summary>
    Off,
}
