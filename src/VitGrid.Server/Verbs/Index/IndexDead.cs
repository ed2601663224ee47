using System.CommandLine;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Jobs;

namespace VitGrid.Server.Verbs.Index;

/// <summary><c>vitgrid index dead JOB</c>: what was given up, and why.</summary>
internal static class IndexDead
{
    public static Verb Create(VerbContext context)
    {
        Argument<string> job = IndexConnection.Job();
        Option<string?> redis = IndexConnection.Redis();
        Verb verb = new(
            "dead",
            "Print a job's dead letters, one JSON object a line: id, uri, code, message, request_id.",
            "vitgrid index dead photos-2026 --queue-redis 127.0.0.1:6379") { TreatUnmatchedTokensAsErrors = false };
        verb.Add(job);
        verb.Add(redis);
        verb.SetAction(async (parsed, cancellation) =>
        {
            await using IndexJobService service = await IndexConnection.OpenAsync(context, parsed, parsed.GetValue(redis));
            string id = parsed.GetRequiredValue(job);
            if (id != VitGrid.Indexing.Queue.IndexKeys.NoJob)
                await service.FindAsync(id);
            await foreach (DeadLetter letter in service.DeadAsync(id).WithCancellation(cancellation))
                context.Terminal.Out.WriteLine(JsonLines.Line(letter));
            return ExitCode.Done;
        });
        return verb;
    }
}
