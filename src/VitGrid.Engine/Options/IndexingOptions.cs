namespace VitGrid.Engine.Options;

/// <summary>
/// Queue-driven indexing: where the queue is, and how much of it a process takes upon itself. Without <see cref="Redis"/> there is none.
/// </summary>
public sealed record IndexingOptions
{
    /// <summary>
    /// Redis that holds the queue, e.g. <c>10.0.0.6:6379</c> or a StackExchange.Redis configuration; null (default): no indexing. It must
    /// neither evict nor forget: <c>noeviction</c>, append-only file.
    /// </summary>
    public string? Redis { get; init; }

    /// <summary>
    /// What stands before every key of the queue and its batches, so that several grids can share a Redis. Default: nothing; at most 64
    /// letters, digits, '.', '_', ':' and '-'.
    /// </summary>
    public string? KeyPrefix { get; init; }

    /// <summary>
    /// Folders below which <c>file:</c> images may lie. Default: none named, which allows the folder the process was started in.
    /// </summary>
    public IReadOnlyList<string> Roots { get; init; } = [];

    /// <summary>
    /// Folders below which file sinks may write. Default: none named, which allows the folder the process was started in.
    /// </summary>
    public IReadOnlyList<string> SinkRoots { get; init; } = [];

    /// <summary>Most items that one read takes from the queue. Default 64; range 1–1,000.</summary>
    public int ReadBatch { get; init; } = 64;

    /// <summary>Most items between queue and part in this process. Default 128; range 1–10,000.</summary>
    public int MaxItems { get; init; } = 128;

    /// <summary>Most bytes of encoded images held by them; one image always passes. Default 256 MiB; range 1 MiB–1 TiB.</summary>
    public long MaxBytes { get; init; } = 256L << 20;

    /// <summary>Most rows of a part, which a sink takes as a whole. Default 1,024; range 1–100,000.</summary>
    public int PartRows { get; init; } = 1_024;

    /// <summary>Most bytes of a part's vectors. Default 16 MiB; range 4 KiB–1 GiB.</summary>
    public long PartBytes { get; init; } = 16L << 20;

    /// <summary>Longest time a row waits for its part to fill, in milliseconds. Default 2,000; range 10–600,000.</summary>
    public int PartMilliseconds { get; init; } = 2_000;

    /// <summary>Tries of an item that fails for a passing reason, before it goes to the dead letters. Default 6; range 1–100.</summary>
    public int MaxAttempts { get; init; } = 6;

    /// <summary>
    /// Processes an item may be taken from before it is suspected of killing them and goes to the dead letters.
    /// Default 20; range 2–1,000.
    /// </summary>
    public int MaxDeliveries { get; init; } = 20;

    /// <summary>Pause before the second try, in milliseconds; it doubles with each. Default 500; range 1–60,000.</summary>
    public int BackoffMilliseconds { get; init; } = 500;

    /// <summary>
    /// Longest pause between two tries, in milliseconds. Default 30,000; range 1–600,000, not below <see cref="BackoffMilliseconds"/>.
    /// </summary>
    public int MaxBackoffMilliseconds { get; init; } = 30_000;

    /// <summary>
    /// Silence after which another process takes over what a process had read, in milliseconds. Living ones renew what they hold three
    /// times as often, however long it takes. Default 30,000; range 500–3,600,000.
    /// </summary>
    public int ClaimMilliseconds { get; init; } = 30_000;

    /// <summary>
    /// Time without an end after which a job's items under way are set aside, so that others go on, and limit of each call to its sink, in
    /// milliseconds. Default 60,000; range 500–3,600,000.
    /// </summary>
    public int StallMilliseconds { get; init; } = 60_000;

    /// <summary>Most entries in the stream before submitters wait. Default 1,000,000; range 100–100,000,000.</summary>
    public int MaxLength { get; init; } = 1_000_000;

    /// <summary>
    /// Folder of the files of <c>/v1/files</c> and of the batches made of them, as a full path without <c>;</c>. All front ends and
    /// workers must see it under the same path. Default: none named, which takes <c>vitgrid/spool</c> in the user's data folder.
    /// </summary>
    public string? Spool { get; init; }

    /// <summary>Largest file that may be uploaded, in bytes. Default 2 GiB; range 1 MiB–1 TiB.</summary>
    public long SpoolFileBytes { get; init; } = 2L << 30;

    /// <summary>
    /// Bytes in the spool folder above which no upload is taken; the results of accepted batches still are. Default 20 GiB; range 1 MiB–1
    /// PiB, not below <see cref="SpoolFileBytes"/>.
    /// </summary>
    public long SpoolBytes { get; init; } = 20L << 30;

    /// <summary>Most images and refused lines of a batch. Default 50,000; range 1–1,000,000.</summary>
    public int BatchInputs { get; init; } = 50_000;

    /// <summary>Whether there is a queue.</summary>
    public bool IsOn => Redis is not null;
}
