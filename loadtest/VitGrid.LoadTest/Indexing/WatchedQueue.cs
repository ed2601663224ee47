using System.Globalization;
using VitGrid.LoadTest.Processes;

namespace VitGrid.LoadTest.Indexing;

/// <summary>The queue as Redis has it: a process that asks would take the processor from what it asks about.</summary>
internal sealed class WatchedQueue(RedisProcess redis)
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(20);

    /// <summary>Where Redis answers.</summary>
    public string Address => redis.Address;

    /// <summary>Whether a job is finished, and how many of its items are durable.</summary>
    public (bool Over, long Done) Look(string job)
    {
        string[] answer = redis.Ask($"HMGET vitgrid:index:job:{job} state done");
        return (answer[0] == "finished", long.TryParse(answer[1], CultureInfo.InvariantCulture, out long done) ? done : 0);
    }

    /// <summary>Whether every entry was read by a worker.</summary>
    public bool IsRead()
    {
        string[] group = redis.Ask("XINFO GROUPS vitgrid:index");
        return group[Array.IndexOf(group, "lag") + 1] == "0";
    }

    /// <summary>Waits until <paramref name="reached"/>, or <paramref name="over"/> ends before.</summary>
    public static async Task UntilAsync(Func<bool> reached, Task over, CancellationToken cancellationToken)
    {
        while (!over.IsCompleted && !reached())
            await Task.Delay(Glance, cancellationToken);
    }
}
