using System.CommandLine;
using VitGrid.Indexing.Administration;

namespace VitGrid.Server.Verbs.Index;

/// <summary><c>vitgrid index retry JOB</c>: dead letters into the queue again.</summary>
internal static class IndexRetry
{
    public static Verb Create(VerbContext context)
    {
        Argument<string> job = IndexConnection.Job();
        Option<string?> redis = IndexConnection.Redis();
        Option<bool> wait = new("--wait") { Description = "Show progress until the job is finished" };
        Verb verb = new(
            "retry",
            "Put a job's dead letters back into the queue, while it runs or after it has finished.",
            "vitgrid index retry photos-2026 --queue-redis 127.0.0.1:6379") { TreatUnmatchedTokensAsErrors = false };
        verb.Add(job);
        verb.Add(redis);
        verb.Add(wait);
        verb.SetAction(async (parsed, cancellation) =>
        {
            await using IndexJobService service = await IndexConnection.OpenAsync(context, parsed, parsed.GetValue(redis));
            string id = (await service.FindAsync(parsed.GetRequiredValue(job))).Id;
            context.Terminal.Say($"{Amounts.Count(await service.RetryAsync(id, cancellation))} items of job {id} are in the queue again");
            return parsed.GetValue(wait) ? await IndexWatch.WaitAsync(context.Terminal, service, id, cancellation) : ExitCode.Done;
        });
        return verb;
    }
}
