namespace VitGrid.Page.Jobs;

/// <summary>The texts of the page of jobs; those of all pages are in <see cref="VitGrid.Page.Words.Texts"/>.</summary>
internal static class JobTexts
{
    public const string NoJobs = "There is no job yet.";
    public const string Retry = "Try the dead letters again";
    public const string Cancel = "Cancel the job";
    public const string Start = "Start a job";
    public const string StartIt = "Start it";
    public const string Source = "Folder, archive or list";
    public const string Model = "Model";
    public const string Sink = "Where vectors go";
    public const string Id = "Name of the job";
    public const string IdHint = "Letters, digits, '.', '_' and '-'; none: one is made of the time. A job that was cut off goes on under "
        + "its name.";
    public const string Item = "Item";
    public const string Code = "Code";
    public const string Reason = "Reason";
    public const string Image = "Image";

    public static string SourceHint(IReadOnlyList<string> roots) =>
        $"Full path below {string.Join(" or ", roots)}, as the server sees it; a list is a .txt with a path a line, or a .jsonl.";

    public static string SinkHint(IReadOnlyList<string> roots) =>
        $"jsonl:FILE, npy:DIR, parquet:DIR or safetensors:DIR below {string.Join(" or ", roots)}.";

    public static string WasStarted(string job) => $"{job} is started";

    public static string ShowDead(long count) => Invariant($"Show dead letters ({count})");

    public static string DeadOf(string job) => $"Dead letters of {job}";

    public static string ProgressOf(string job) => $"Progress of {job}";

    public static string WasRetried(string job, long count) => Invariant($"{job}: {count} items are in the queue again");

    public static string WasCancelled(string job) => $"{job} is cancelled; what is under way ends first";

    public static string Queue(PageQueue queue) => Invariant($"{queue.Lag?.ToString(CultureInfo.InvariantCulture) ?? "?"} entries wait, ")
        + Invariant($"{queue.Pending} are under way")
        + (queue.Workers.Count == 0 ? "" : ": ")
        + string.Join(", ", queue.Workers.Select(worker => Invariant($"{worker.Name} has {worker.Pending}")));

    public static string Numbers(PageJob job) => Invariant($"{job.Done} of {job.Total} done, {job.Dead} dead, {job.Cancelled} given up")
        + (job.Malformed > 0 ? Invariant($", {job.Malformed} lines were no items") : "") + "; "
        + Invariant($"{job.PerSecond:0.##} per second")
        + (job.Left is { } left ? Invariant($"; about {(int)left.TotalHours}:{left.Minutes:00}:{left.Seconds:00} left") : "");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
