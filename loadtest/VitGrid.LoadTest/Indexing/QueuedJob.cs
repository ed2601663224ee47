using System.Diagnostics;
using System.Globalization;
using VitGrid.LoadTest.Failures;
using VitGrid.LoadTest.Processes;

namespace VitGrid.LoadTest.Indexing;

/// <summary>A folder that goes through the queue, watched in Redis itself: a process that asks would take the processor from what it asks about.</summary>
/// <param name="PerSecond">Items a second between parts; see <see cref="SettledItems"/>.</param>
/// <param name="WholePerSecond">Items a second from the command that submits to the finished sink.</param>
internal sealed record QueuedJob(double PerSecond, double WholePerSecond)
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(20);

    /// <summary>Submits <paramref name="folder"/> into a file beside it and waits until the job is finished.</summary>
    /// <exception cref="InvalidOperationException">Too few pictures for a rate.</exception>
    public static async Task<QueuedJob> RunAsync(string server, RedisProcess redis, string folder, string job, CancellationToken cancellation)
    {
        string[] submit = ["index", "submit", folder, "--model", ChaosGrid.Model, "--sink", $"jsonl:{folder}-{job}.jsonl", "--job", job, "--queue-redis", redis.Address];
        SettledItems settled = new();
        Stopwatch watch = Stopwatch.StartNew();
        Task submitted = Verb.RunAsync(server, submit, cancellation);
        for (bool over = false; !over; await Task.Delay(Glance, cancellation))
        {
            (over, long done) = Look(redis, job);
            settled.Saw(watch.Elapsed, done);
            if (submitted.IsFaulted)
                break;
        }
        double seconds = watch.Elapsed.TotalSeconds;
        await submitted;
        return new(settled.PerSecond(), settled.Items / seconds);
    }

    private static (bool Over, long Done) Look(RedisProcess redis, string job)
    {
        string[] answer = redis.Ask($"HMGET vitgrid:index:job:{job} state done");
        return (answer[0] == "finished", long.TryParse(answer[1], CultureInfo.InvariantCulture, out long done) ? done : 0);
    }
}
