using System.Diagnostics;
using VitGrid.LoadTest.Failures;

namespace VitGrid.LoadTest.Indexing;

/// <summary>What became of a folder that went through the queue.</summary>
/// <param name="PerSecond">Items a second between parts; see <see cref="SettledItems"/>.</param>
/// <param name="WholePerSecond">Items a second from the command that submits to the finished sink.</param>
internal sealed record QueuedJob(double PerSecond, double WholePerSecond)
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Submits <paramref name="folder"/> for the default model into a file beside it and waits until the job is finished.
    /// </summary>
    /// <exception cref="InvalidOperationException">Too few images for a rate, or the queue stands still.</exception>
    public static Task<QueuedJob> RunAsync(
        string server, WatchedQueue queue, string folder, string job, CancellationToken cancellationToken) =>
        RunAsync(server, queue, ChaosGrid.Model, [folder], $"{folder}-{job}.jsonl", job, cancellationToken);

    /// <summary>
    /// The same of a model by its name and a source that is no folder, with settings of its own behind it, into <paramref name="file"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">Too few images for a rate, or the queue stands still.</exception>
    public static async Task<QueuedJob> RunAsync(
        string server, WatchedQueue queue, string model, string[] source, string file, string job, CancellationToken cancellationToken)
    {
        string[] submit = ["index", "submit", .. source, "--model", model, "--sink", $"jsonl:{file}", "--job", job,
            "--queue-redis", queue.Address];
        SettledItems settled = new();
        Stopwatch watch = Stopwatch.StartNew();
        Task submitted = Verb.RunAsync(server, submit, cancellationToken);
        for (bool over = false; !over && !submitted.IsFaulted; await Task.Delay(Glance, cancellationToken))
        {
            (over, long done) = queue.Look(job);
            settled.Saw(watch.Elapsed, done);
            if (watch.Elapsed - settled.Since > Timeout)
                throw new InvalidOperationException(
                    $"nothing of job {job} became durable for {Timeout.TotalSeconds} s; see vitgrid index status {job}");
        }
        double seconds = watch.Elapsed.TotalSeconds;
        await submitted;
        return new(settled.PerSecond(), settled.Items / seconds);
    }
}
