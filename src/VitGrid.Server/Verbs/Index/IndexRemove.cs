using System.CommandLine;
using VitGrid.Indexing.Administration;
using VitGrid.Server.Verbs.Audit;

namespace VitGrid.Server.Verbs.Index;

/// <summary><c>vitgrid index remove</c>: jobs that are over, out of Redis.</summary>
internal static class IndexRemove
{
    public static Verb Create(VerbContext context)
    {
        Argument<string?> job = new(
            "JOB") { Description = "The job's id, as 'vitgrid index status' prints it", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> redis = IndexConnection.Redis();
        Option<bool> finished = new("--finished") { Description = "Every job that is finished or cancelled, instead of one" };
        Option<TimeSpan?> age = ValueOption.From<TimeSpan?>(
            "--older-than", "AGE", "With --finished: those that ended so long ago, such as 90s, 30m, 12h or 7d [default: all]",
            text => Age.Read(text));
        Verb verb = new(
            "remove",
            "Forget a job that is finished or cancelled: its status, counts, dead letters, and its batch. Its sink and the files of its "
                + "batch stay. A job that is not there is no error.",
            "vitgrid index remove photos-2026 --queue-redis 127.0.0.1:6379",
            "vitgrid index remove --finished --older-than 7d --queue-redis 127.0.0.1:6379") { TreatUnmatchedTokensAsErrors = false };
        verb.Add(job);
        foreach (Option option in (Option[])[finished, age, redis])
            verb.Add(option);
        verb.SetAction(async (parsed, cancellation) =>
        {
            string? id = parsed.GetValue(job);
            if (id is null != parsed.GetValue(finished))
                throw new UsageException("name one JOB, or give --finished for all that are over");
            if (id is not null && parsed.GetValue(age) is not null)
                throw new UsageException("--older-than goes with --finished; a job that is named is removed whatever its age");
            await using IndexJobService service = await IndexConnection.OpenAsync(context, parsed, parsed.GetValue(redis));
            context.Terminal.Say(id is null
                ? $"{Amounts.Count(await service.RemoveOlderAsync(parsed.GetValue(age) ?? TimeSpan.Zero, cancellation))} jobs are removed"
                : await service.RemoveAsync(id, cancellation)
                ? $"job {id} is removed" : $"there is no job {id}: nothing is left to remove");
            await VerbAudit.WriteAsync(parsed, "index", "index remove", id ?? "every job that is over");
            return ExitCode.Done;
        });
        return verb;
    }
}
