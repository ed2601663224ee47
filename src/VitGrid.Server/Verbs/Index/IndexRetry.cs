using System.CommandLine;
using System.Globalization;
using VitGrid.Indexing.Administration;

namespace VitGrid.Server.Verbs.Index;

/// <summary><c>vitgrid index retry JOB</c>: dead letters, or what a sick device has computed, into the queue again.</summary>
internal static class IndexRetry
{
    public static Verb Create(VerbContext context)
    {
        Argument<string> job = IndexConnection.Job();
        Option<string?> redis = IndexConnection.Redis();
        Option<bool> wait = new("--wait") { Description = "Show progress until the job is finished" };
        Option<bool> list = new("--list") { Description = "With --device: print the items and change nothing" };
        Option<string?> device = ValueOption.From<string?>(
            "--device", "D", "Instead of dead letters: what this device has computed, as NODE/DEVICE or DEVICE; '*' stands for any text",
            text => text);
        Option<DateTimeOffset?> since = ValueOption.From<DateTimeOffset?>(
            "--since", "T", "With --device: from this time on, such as 2026-11-29T12:00:00Z, or so long ago, such as 90m",
            text => ReadTime(text));
        Option<DateTimeOffset?> until = ValueOption.From<DateTimeOffset?>(
            "--until", "T", "With --device: up to this time [default: now]", text => ReadTime(text));
        Verb verb = new(
            "retry",
            "Put a job's dead letters back into the queue, while it runs or after it has finished. With --device, take the parts with "
                + "vectors that a device has computed since then out of the job's sink, and put their items back; prints those of the "
                + "device, one JSON object a line. Exit code 2: some parts had to stay.",
            "vitgrid index retry photos-2026 --queue-redis 127.0.0.1:6379",
            "vitgrid index retry photos-2026 --device cuda:1 --since 2026-11-29T12:00:00Z --queue-redis 127.0.0.1:6379")
        {
            TreatUnmatchedTokensAsErrors = false,
        };
        verb.Add(job);
        foreach (Option option in (Option[])[device, since, until, list, redis, wait])
            verb.Add(option);
        verb.SetAction(async (parsed, cancellation) =>
        {
            DistrustedVectors? vectors = Vectors(
                parsed.GetValue(device), parsed.GetValue(since), parsed.GetValue(until), parsed.GetValue(list));
            await using IndexJobService service = await IndexConnection.OpenAsync(context, parsed, parsed.GetValue(redis));
            string id = (await service.FindAsync(parsed.GetRequiredValue(job))).Id;
            int code = vectors is null
                ? await RetryAsync(context, service, id, cancellation)
                : await RetryAsync(context, service, id, vectors, parsed.GetValue(list), cancellation);
            return !parsed.GetValue(wait) || parsed.GetValue(list)
                ? code
                : Math.Max(code, await IndexWatch.WaitAsync(context.Terminal, service, id, cancellation));
        });
        return verb;
    }

    /// <exception cref="UsageException">The options do not go together.</exception>
    private static DistrustedVectors? Vectors(string? device, DateTimeOffset? since, DateTimeOffset? until, bool list)
    {
        if (device is null)
            return since is null && until is null && !list
                ? null
                : throw new UsageException("--since, --until and --list go with --device; without it dead letters are put back");
        if (since is not { } from)
            throw new UsageException("--since is missing: say when the device was last known to be right, such as "
                + "--since 2026-11-29T12:00:00Z; 'vitgrid cluster status' and the log line that named the device tell");
        DateTimeOffset to = until ?? DateTimeOffset.UtcNow;
        return from <= to
            ? new(device, from, to)
            : throw new UsageException($"--since {from:O} is after {(until is null ? "now" : "--until")} ({to:O})");
    }

    private static async Task<int> RetryAsync(
        VerbContext context, IndexJobService service, string id, CancellationToken cancellationToken)
    {
        context.Terminal.Say(
            $"{Amounts.Count(await service.RetryAsync(id, cancellationToken))} items of job {id} are in the queue again");
        return ExitCode.Done;
    }

    private static async Task<int> RetryAsync(
        VerbContext context, IndexJobService service, string id, DistrustedVectors vectors, bool list, CancellationToken cancellationToken)
    {
        IReadOnlyList<DistrustedItem> items = await service.DistrustedAsync(id, vectors, cancellationToken);
        foreach (DistrustedItem item in items)
            context.Terminal.Out.WriteLine(JsonLines.Line(item));
        string found = $"{Amounts.Count(items.Count)} vectors of job {id} were computed by {vectors.Device} from "
            + $"{vectors.Since.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ} to {vectors.Until.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}";
        if (list)
        {
            context.Terminal.Say(found);
            return ExitCode.Done;
        }
        DeviceRetryOutcome outcome = await service.RetryAsync(id, vectors, cancellationToken);
        context.Terminal.Say($"{found}; {Amounts.Count(outcome.Parts)} parts are out of the sink, and their "
            + $"{Amounts.Count(outcome.Items)} items in the queue again");
        foreach (string left in outcome.Left)
            context.Terminal.Say($"vitgrid: {left}");
        return outcome.Left.Count == 0 ? ExitCode.Done : ExitCode.SomeItemsFailed;
    }

    /// <exception cref="FormatException">It is neither a time nor an age.</exception>
    private static DateTimeOffset ReadTime(string text)
    {
        if (Age.TryRead(text) is { } age)
            return DateTimeOffset.UtcNow - age;
        return DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)
            ? time
            : throw new FormatException($"'{text}' is no time; it takes one such as 2026-11-29T12:00:00Z (UTC unless it says otherwise), "
                + "or how long ago, such as 90s, 30m, 12h or 7d");
    }
}
