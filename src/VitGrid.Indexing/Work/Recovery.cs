using Microsoft.Extensions.Logging;
using VitGrid.Indexing.Queue;
using VitGrid.Indexing.Sinks;

namespace VitGrid.Indexing.Work;

/// <summary>Before entries of a silent worker are worked on: whether the part they were on their way in has reached the sink.</summary>
internal sealed partial class Recovery(IndexQueue queue, JobRegistry book, IndexMetrics metrics, ILogger<Recovery> logger)
{
    /// <summary>Settles what can be settled; gives the entries that are to be worked on.</summary>
    public async Task<IndexItem[]> RecoverAsync(IndexItem[] claimed, CancellationToken cancellationToken)
    {
        List<IndexItem> open = [];
        foreach (IGrouping<string, IndexItem> group in claimed.GroupBy(item => item.Job))
        {
            try
            {
                JobRun? run = IndexKeys.IsName(group.Key) ? await book.FindAsync(group.Key) : null;
                open.AddRange(run is null ? group : await RecoverAsync(run, [.. group], cancellationToken));
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested && !RedisRetryPolicy.IsAway(exception))
            {
                // They come again once they have been silent; those of other jobs go on.
                LogFault(group.Count(), group.Key, exception.Message);
                await queue.ForgiveAsync(group.Select(item => item.Entry));
            }
        }
        return [.. open];
    }

    /// <summary>The parts that hold one of <paramref name="claimed"/>. Pure.</summary>
    public static IEnumerable<string> Touched(IReadOnlyDictionary<string, string[]> intents, IReadOnlySet<string> claimed) =>
        intents.Where(intent => intent.Value.Any(claimed.Contains)).Select(intent => intent.Key);

    private async Task<IEnumerable<IndexItem>> RecoverAsync(JobRun run, IndexItem[] claimed, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, string[]> intents = await queue.IntentsAsync(run.Id);
        HashSet<string> notOpen = [];
        foreach (string part in Touched(intents, claimed.Select(item => item.Entry).ToHashSet()))
        {
            bool? aborted = await IsAbortedAsync(run, part, cancellationToken);
            if (aborted is null)
                await queue.ForgiveAsync(claimed.Select(item => item.Entry).Intersect(intents[part]));
            if (aborted is not true)
                notOpen.UnionWith(intents[part]);
        }
        return claimed.Where(item => !notOpen.Contains(item.Entry));
    }

    /// <summary>Null where the sink does not answer: the entries come again once they have been silent for as long again.</summary>
    private async Task<bool?> IsAbortedAsync(JobRun run, string part, CancellationToken cancellationToken)
    {
        try
        {
            bool aborted = await run.Sink.UseAsync((sink, token) => sink.TryAbortAsync(part, token), cancellationToken);
            if (aborted)
                await queue.DropIntentAsync(run.Id, part);
            else
                metrics.Count("done", await queue.SettleAsync(run.Id, part));
            LogRecovered(part, run.Id, aborted ? "was not written; its items begin again" : "was written; its items are done");
            return aborted;
        }
        catch (Exception exception) when (exception is SinkException or IOException && run.Job.IsCancelled)
        {
            // Nobody waits for its rows: they are skipped, whether they are there or not.
            await queue.DropIntentAsync(run.Id, part);
            return true;
        }
        catch (Exception failure) when (failure is SinkException or IOException)
        {
            LogUnknown(part, run.Id, failure.Message);
            return null;
        }
    }

    [LoggerMessage(6051, LogLevel.Information, "Part {Part} of job {Job}, whose worker is gone, {Fate}")]
    private partial void LogRecovered(string part, string job, string fate);

    [LoggerMessage(6052, LogLevel.Warning, "What became of part {Part} of job {Job}, whose worker is gone, cannot be asked yet: {Reason}")]
    private partial void LogUnknown(string part, string job, string reason);

    [LoggerMessage(6053, LogLevel.Warning, "{Count} entries of job '{Job}' that were taken over are left for now: {Reason}")]
    private partial void LogFault(int count, string job, string reason);
}
