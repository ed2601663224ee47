using VitGrid.Redis;

namespace VitGrid.Server.Verbs.Doctor;

/// <summary>What a Redis keeps for a grid.</summary>
internal enum RedisUse
{
    Membership,
    Cache,
    Queue,
    Keys,
}

/// <summary>Looks at a Redis by what its servers tell. Pure.</summary>
internal static class RedisChecks
{
    /// <summary>A finding for each of its servers, or one for all that cannot be asked.</summary>
    /// <param name="use">What it is for.</param>
    /// <param name="survey">What was answered.</param>
    /// <param name="replicas">How many replicas the queue waits for (<c>Indexing:ConfirmReplicas</c>).</param>
    public static IEnumerable<Finding> Find(RedisUse use, RedisSurvey survey, int replicas = 0)
    {
        string subject = $"redis of the {Word(use)}";
        return survey.Problem is { } problem
            ? [new(subject, Health.Missing, problem, $"see that it runs, and check {Setting(use)}, its password and its rights")]
            : survey.Servers.Select(server => Find(use, $"{subject}, {server.Server}", server.Info, replicas));
    }

    private static Finding Find(RedisUse use, string subject, RedisInfo info, int replicas)
    {
        string policy = info.Text("maxmemory_policy", "unknown");
        bool keeps = info.Text("aof_enabled", "0") == "1";
        long followers = info.Number("connected_slaves");
        // Told only where min-replicas-to-write is above 0.
        bool refusesAlone = info.Text("min_slaves_good_slaves", "").Length > 0;
        string fact = $"{info.Text("redis_version", "?")}, maxmemory-policy {policy}, append-only file {(keeps ? "on" : "off")}, "
            + $"{followers} replicas, min-replicas-to-write {(refusesAlone ? "set" : "0")}";
        (Health health, string? remedy) = use switch
        {
            not RedisUse.Cache when info.Text("redis_mode", "") == "cluster" => (
                Health.Missing, $"a Redis Cluster cannot hold the {Word(use)}: name a single Redis, with replicas if you like"),
            RedisUse.Queue or RedisUse.Keys when policy is not ("noeviction" or "unknown") => (
                Health.Missing, "set maxmemory-policy noeviction: what it holds must not be evicted"),
            RedisUse.Queue when followers < replicas => (
                Health.Missing, $"Indexing:ConfirmReplicas waits for {replicas} replicas: submissions stand still until they follow"),
            RedisUse.Cache when info.Number("maxmemory") == 0 => (
                Health.Optional, "set maxmemory, and maxmemory-policy allkeys-lfu: it grows until the machine is full"),
            RedisUse.Cache when policy == "noeviction" => (
                Health.Optional, "set maxmemory-policy allkeys-lfu: once full it stores no more vectors"),
            RedisUse.Cache => (Health.Good, null),
            _ when policy is not ("noeviction" or "unknown") => (Health.Optional, "set maxmemory-policy noeviction"),
            _ when !keeps => (Health.Optional, "set appendonly yes: a restart forgets what it holds"),
            RedisUse.Queue when followers > 0 && replicas == 0 => (
                Health.Optional, "set Indexing:ConfirmReplicas to 1: a fail-over loses what the replica has not got yet"),
            RedisUse.Queue when replicas > 0 && !refusesAlone => (
                Health.Optional, "set min-replicas-to-write 1: a primary that was cut off goes on taking what will be lost"),
            _ => (Health.Good, null),
        };
        return new(subject, health, fact, remedy);
    }

    private static string Setting(RedisUse use) => use switch
    {
        RedisUse.Membership => "VitGrid:Cluster:Redis",
        RedisUse.Cache => "VitGrid:Cache:Redis",
        RedisUse.Queue => "VitGrid:Indexing:Redis",
        _ => "VitGrid:Auth:Redis",
    };

    private static string Word(RedisUse use) => use.ToString().ToLowerInvariant();
}
