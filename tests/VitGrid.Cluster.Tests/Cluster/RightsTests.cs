using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;
using VitGrid.Cluster.Administration;
using VitGrid.Cluster.Caching.Recalls;
using VitGrid.Cluster.Caching.Redis;
using VitGrid.Cluster.Tests.Grid;
using VitGrid.Engine.Caching;
using VitGrid.Engine.Options;

namespace VitGrid.Cluster.Tests.Cluster;

/// <summary>Users of Redis with exactly the rights of docs/operations.md, below a prefix, and with one right less.</summary>
public sealed class RightsTests
{
    private const string Membership = "~vitgrid/members/*", Cache = "~vg:*", Prefix = "north:";

    [RedisFact]
    public async Task Cache_and_membership_live_on_their_documented_rights_below_a_prefix()
    {
        using RedisServer redis = await RedisServer.StartAsync(
            ["--user", "grid", "on", ">word", .. DocumentedRights.Of(Membership, Prefix),
                "--user", "cache", "on", ">word", .. DocumentedRights.Of(Cache, Prefix)]);
        CacheOptions cache = new()
        {
            MemoryBytes = 0, Redis = $"redis://cache:word@{redis.Address}", KeyPrefix = Prefix, ProbeMilliseconds = 20,
            WaitMilliseconds = 2_000,
        };
        ClusterOptions cluster = new() { Redis = $"redis://grid:word@{redis.Address}", KeyPrefix = Prefix, UnixSocket = false };
        using IHost worker = ClusterHosts.Worker(cluster), door = ClusterHosts.FrontEnd(cluster, cache);
        await Task.WhenAll(worker.StartAsync(), door.StartAsync()).WaitAsync(Waits.Limit);
        float[] computed = await ClusterHosts.EmbedAsync(door, 1);
        await using ConnectionMultiplexer past = await ConnectionMultiplexer.ConnectAsync($"{redis.Address},allowAdmin=true");
        Assert.True(SpinWait.SpinUntil(() => Keys(past).Any(key => key.StartsWith("north:vg:1:", StringComparison.Ordinal)), Waits.Limit));
        Assert.Equal(computed, await ClusterHosts.EmbedAsync(door, 1));
        Assert.All(Keys(past), key => Assert.StartsWith(Prefix, key, StringComparison.Ordinal));
        Assert.Contains("north:vitgrid/members/vitgrid", Keys(past));

        await using CacheAdministration administration = await CacheAdministration.ConnectAsync(cache);
        Assert.Equal(1, (await administration.StatusAsync(null, null, _ => { }, default)).Models.Single().Vectors);
        Assert.Equal(1, await administration.PurgeAsync("tiny", _ => { }, default));
        await Task.WhenAll(door.StopAsync(), worker.StopAsync()).WaitAsync(Waits.Limit);
        Assert.Empty(Refused(past));
    }

    [RedisFact]
    public async Task A_recall_is_swept_with_the_documented_rights()
    {
        using RedisServer redis = await RedisServer.StartAsync(["--user", "cache", "on", ">word", .. DocumentedRights.Of(Cache)]);
        CacheOptions cache = new() { MemoryBytes = 0, Redis = $"redis://cache:word@{redis.Address}", WaitMilliseconds = 2_000 };
        await using TestGrid grid = await TestGrid.StartAsync(TestGrid.Options() with { Cache = cache });
        await using ConnectionMultiplexer past = await ConnectionMultiplexer.ConnectAsync($"{redis.Address},allowAdmin=true");
        string devices = (await grid.EmbedAsync(TestGrid.Image(1))).Origin!.Devices;
        Assert.True(SpinWait.SpinUntil(() => Keys(past).Length == 1, Waits.Limit), "nothing is stored");
        VectorRecall recall = new(devices, DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue.AddDays(-1));
        grid.Get<RecallSweep>().Add(recall);
        Assert.True(SpinWait.SpinUntil(() => Keys(past) is [var only] && only == RecallSweep.KeyOf(recall), Waits.Limit), "it stays");
        Assert.Empty(Refused(past));
    }

    [RedisFact]
    public async Task A_right_that_is_missing_is_named_and_no_password_is()
    {
        using RedisServer redis = await RedisServer.StartAsync(
            ["--user", "grid", "on", ">word", .. DocumentedRights.Of(Membership), "-hgetall",
                "--user", "cache", "on", ">word", .. DocumentedRights.Of(Cache), "-set"]);
        SignalledLog log = new("refuses");
        using ILoggerFactory loggers = LoggerFactory.Create(logging => logging.AddProvider(log));
        using CacheConnection cache = new(
            new() { Redis = $"redis://cache:word@{redis.Address}", WaitMilliseconds = 2_000 }, loggers.CreateLogger<CacheConnection>());
        await cache.StartAsync();
        await cache.WhenAsked.WaitAsync(Waits.Limit);
        Assert.False((await cache.AskAsync(data => data.StringSetAsync("vg:1", "x"))).IsAnswered);
        string said = await log.Said.WaitAsync(Waits.Limit);
        Assert.Contains("'set'", said, StringComparison.Ordinal);
        Assert.DoesNotContain("word", said, StringComparison.Ordinal);
        await cache.StopAsync();

        using IHost worker = ClusterHosts.Worker(new() { Redis = $"redis://grid:word@{redis.Address}", UnixSocket = false });
        Exception refused = await Assert.ThrowsAnyAsync<Exception>(() => worker.StartAsync().WaitAsync(Waits.Limit));
        Assert.Contains("'hgetall'", $"{refused}", StringComparison.Ordinal);
        Assert.DoesNotContain("word@", $"{refused}", StringComparison.Ordinal);
    }

    private static string[] Keys(ConnectionMultiplexer past) =>
        [.. past.GetServers()[0].Keys(pageSize: 100).Select(key => key.ToString())];

    /// <summary>Commands that were refused, but for what the client library asks on its own and does without.</summary>
    private static string[] Refused(ConnectionMultiplexer past) =>
    [
        .. ((RedisResult[])past.GetServers()[0].Execute("ACL", "LOG")!)
            .Select(entry => entry.ToDictionary()).Select(entry => $"{entry["username"]} {entry["object"]}")
            .Where(refusal => !OfTheLibrary.Any(refusal.Contains)),
    ];

    private static readonly string[] OfTheLibrary =
        ["config", "cluster", "info", "sentinel", "subscribe", "client|setinfo", "__Booksleeve", "grid get"];
}
