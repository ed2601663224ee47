namespace VitGrid.Indexing.Queue;

/// <summary>What Redis' settings mean for a queue. Pure.</summary>
/// <param name="Refusal">Why it cannot hold one; null when it can.</param>
/// <param name="Warning">What it would lose; null when nothing.</param>
internal sealed record QueueHealth(string? Refusal, string? Warning)
{
    /// <param name="info">The lines of <c>INFO</c>.</param>
    public static QueueHealth Of(IReadOnlyDictionary<string, string> info)
    {
        string policy = info.GetValueOrDefault("maxmemory_policy", "noeviction");
        string? refusal = policy == "noeviction"
            ? null
            : $"maxmemory-policy is {policy}, with which jobs can be evicted; set it to noeviction ('redis-cli config set maxmemory-policy "
                + $"noeviction', and in redis.conf), or name another Redis for the queue";
        string? warning = info.GetValueOrDefault("aof_enabled", "1") == "1"
            ? null
            : "appendonly is off: jobs are lost when it restarts; set 'appendonly yes' ('redis-cli config set appendonly yes', and in "
                + "redis.conf)";
        return new(refusal, warning);
    }
}
