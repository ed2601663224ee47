using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using VitGrid.Indexing.Administration;

namespace VitGrid.Server.Verbs.Index;

/// <summary><c>vitgrid index status</c>: jobs, workers and what waits.</summary>
internal static class IndexStatusVerb
{
    public static Verb Create(VerbContext context)
    {
        Argument<string?> job = new("JOB") { Description = "The job's id [default: the newest 50]", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> redis = IndexConnection.Redis();
        Option<bool> watch = new("--watch") { Description = "Show progress until the job is finished; without JOB, the newest job's" };
        Option<bool> json = new("--json") { Description = "Print one JSON object, also on a terminal" };
        Verb verb = new(
            "status",
            "Print the queue, its workers and jobs. A table on a terminal, one JSON object elsewhere. Exit code of --watch 2: some items "
                + "failed.",
            "vitgrid index status --queue-redis 127.0.0.1:6379",
            "vitgrid index status photos-2026 --watch --queue-redis 127.0.0.1:6379") { TreatUnmatchedTokensAsErrors = false };
        verb.Add(job);
        foreach (Option option in (Option[])[redis, watch, json])
            verb.Add(option);
        verb.SetAction(async (parsed, cancellation) =>
        {
            await using IndexJobService service = await IndexConnection.OpenAsync(context, parsed, parsed.GetValue(redis));
            string? named = parsed.GetValue(job);
            if (parsed.GetValue(watch))
                return await IndexWatch.WaitAsync(
                    context.Terminal, service, named ?? await NewestAsync(service, cancellation), cancellation);
            Print(context.Terminal, await service.StatusAsync(named, cancellation), parsed.GetValue(json));
            return ExitCode.Done;
        });
        return verb;
    }

    private static async Task<string> NewestAsync(IndexJobService service, CancellationToken cancellationToken) =>
        (await service.StatusAsync(null, cancellationToken)).Jobs is [{ } newest, ..]
            ? newest.Job : throw new VerbException("the queue has no job; make one with 'vitgrid index submit'");

    private static void Print(Terminal terminal, IndexStatus status, bool json)
    {
        if (json || !terminal.OutIsTerminal)
        {
            terminal.Out.WriteLine(JsonLines.Line(status));
            return;
        }
        terminal.Out.WriteLine($"waiting {(status.Lag is { } lag ? Amounts.Count(lag) : "unknown")}, under way "
            + $"{Amounts.Count(status.Pending)}, entries in the stream {Amounts.Count(status.Entries)}");
        terminal.OutConsole().Write(Workers(status));
        terminal.OutConsole().Write(Jobs(status));
        foreach (JobStatus stuck in status.Jobs.Where(job => job.Problem is not null))
            terminal.Out.WriteLine($"{stuck.Job}: {stuck.Problem}{Age(stuck)}");
    }

    private static string Age(JobStatus job) => job.ProblemSince is { } since
        ? string.Create(CultureInfo.InvariantCulture, $" (for {Math.Max(0, (DateTimeOffset.UtcNow - since).TotalSeconds):0} s)")
        : "";

    private static Table Workers(IndexStatus status)
    {
        Table table = new Table().AddColumns("worker", "under way", "silent for, s");
        foreach (IndexWorkerStatus worker in status.Workers)
            table.AddRow(worker.Worker, Amounts.Count(worker.Pending), (worker.IdleMilliseconds / 1000.0).ToString(
                "0.0", CultureInfo.InvariantCulture));
        return table;
    }

    private static Table Jobs(IndexStatus status)
    {
        Table table = new Table().AddColumns("job", "state", "model", "sink", "done", "dead", "cancelled", "set aside", "of", "per second");
        foreach (JobStatus job in status.Jobs)
        {
            string[] counts = [.. new[] { job.Done, job.Dead, job.Cancelled, job.Parked, job.Total }.Select(Amounts.Count)];
            table.AddRow([.. new[] { job.Job, job.State, job.Model, job.Sink }.Select(Markup.Escape), .. counts, Amounts.Number(
                job.PerSecond, 3)]);
        }
        return table;
    }
}
