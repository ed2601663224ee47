using VitGrid.Redis;

namespace VitGrid.Indexing.Queue;

/// <summary>What Redis' settings mean for a queue. Pure.</summary>
/// <param name="Refusal">Why it cannot hold one; null when it can.</param>
/// <param name="Warning">What it would lose; null when nothing.</param>
internal sealed record QueueHealth(string? Refusal, string? Warning)
{
    /// <summary>That of a Redis Cluster.</summary>
    public static QueueHealth Cluster { get; } = new(
        "it is a Redis Cluster, which the queue does not support: a script's keys would lie on several servers; name a single Redis, with "
            + "replicas if you like",
        null);

    /// <summary>That of a Redis whose user may not run <c>INFO</c>.</summary>
    public static QueueHealth Unknown { get; } = new(
        null,
        "this user may not run INFO, so that nobody knows whether jobs can be evicted or forgotten: see to 'maxmemory-policy noeviction' "
            + "and 'appendonly yes', or grant '+info'");

    /// <summary>Reads what <c>INFO</c> says.</summary>
    /// <param name="info">Its fields.</param>
    public static QueueHealth From(RedisInfo info)
    {
        if (info.Text("redis_mode", "") == "cluster")
            return Cluster;
        string policy = info.Text("maxmemory_policy", "noeviction");
        string? refusal = policy == "noeviction"
            ? null
            : $"maxmemory-policy is {policy}, with which jobs can be evicted; set it to noeviction ('redis-cli config set maxmemory-policy "
                + $"noeviction', and in redis.conf), or name another Redis for the queue";
        string? warning = info.Text("aof_enabled", "1") == "1"
            ? null
            : "appendonly is off: jobs are lost when it restarts; set 'appendonly yes' ('redis-cli config set appendonly yes', and in "
                + "redis.conf)";
        return new(refusal, warning);
    }
}
