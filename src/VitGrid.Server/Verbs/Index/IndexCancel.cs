using System.CommandLine;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Jobs;
using VitGrid.Server.Verbs.Audit;

namespace VitGrid.Server.Verbs.Index;

/// <summary><c>vitgrid index cancel JOB</c>: what is left is given up.</summary>
internal static class IndexCancel
{
    public static Verb Create(VerbContext context)
    {
        Argument<string> job = IndexConnection.Job();
        Option<string?> redis = IndexConnection.Redis();
        Verb verb = new(
            "cancel",
            "Give up what is left of a job: the workers acknowledge it without work. Vectors that are in the sink stay there.",
            "vitgrid index cancel photos-2026 --queue-redis 127.0.0.1:6379") { TreatUnmatchedTokensAsErrors = false };
        verb.Add(job);
        verb.Add(redis);
        verb.SetAction(async (parsed, cancellation) =>
        {
            await using IndexJobService service = await IndexConnection.OpenAsync(context, parsed, parsed.GetValue(redis));
            IndexJob found = await service.FindAsync(parsed.GetRequiredValue(job));
            bool isCancelled = await service.CancelAsync(found.Id);
            if (isCancelled)
                await VerbAudit.WriteAsync(parsed, "index", "index cancel", found.Id);
            context.Terminal.Say(isCancelled
                ? $"job {found.Id} is being cancelled; {Amounts.Count(found.Total - found.Done - found.Dead - found.Cancelled)} items are "
                    + $"left to the workers to acknowledge"
                : $"job {found.Id} is {found.State}: nothing is left to cancel");
            return ExitCode.Done;
        });
        return verb;
    }
}
