using Microsoft.Extensions.Hosting;
using VitGrid.Cluster.Administration;
using VitGrid.Cluster.Caching.Recalls;
using VitGrid.Cluster.Caching.Redis;
using VitGrid.Cluster.Tests.Grid;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;

namespace VitGrid.Cluster.Tests.Cluster;

/// <summary>The cache's level in a Redis Cluster, below a prefix.</summary>
public sealed class RedisClusterTests
{
    private const int Images = 40;
    private const string Stored = "north:vg:1:*";

    private int _runs;

    [RedisFact]
    public async Task Vectors_lie_on_every_primary_are_found_by_others_and_a_recall_or_purge_walks_over_all_of_them()
    {
        await using RedisClusterRig redis = await RedisClusterRig.StartAsync();
        CacheOptions cache = Cache(redis);
        await using TestGrid first = await GridAsync(cache), second = await GridAsync(cache, _ => Interlocked.Increment(ref _runs));
        EmbeddingResult[] computed = await StoreAllAsync(first, redis);
        Assert.All(redis.Keys(Stored).Values, Assert.NotEmpty);

        EmbeddingResult[] found = await AllAsync(second);
        Assert.All(found, answer => Assert.True(answer.FromCache));
        Assert.Equal(computed.Select(Vector), found.Select(Vector));
        Assert.Equal(0, _runs);

        await using CacheAdministration administration = await CacheAdministration.ConnectAsync(cache);
        Assert.Equal(Images, (await administration.StatusAsync(null, null, _ => { }, default)).Models.Single().Vectors);

        EmbeddingResult origin = found[0];
        first.Get<RecallSweep>().Add(new(origin.Origin!.Devices, DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue.AddDays(-1)));
        redis.AwaitKeys(Stored, 0);
        redis.AwaitKeys("north:vg:recall:*", 1);

        await StoreAllAsync(first, redis);
        Assert.Equal(Images, await administration.PurgeAsync("tiny", _ => { }, default));
        redis.AwaitKeys(Stored, 0);
    }

    [RedisFact]
    public async Task The_membership_refuses_a_Redis_Cluster_by_name()
    {
        await using RedisClusterRig redis = await RedisClusterRig.StartAsync();
        using IHost worker = ClusterHosts.Worker(new() { Redis = redis.Address, UnixSocket = false });
        Exception refused = await Assert.ThrowsAnyAsync<Exception>(() => worker.StartAsync().WaitAsync(Waits.Limit));
        Assert.Contains($"VitGrid:Cluster:Redis is '{redis.Address}', a Redis Cluster", $"{refused}", StringComparison.Ordinal);
    }

    [RedisFact]
    public async Task When_a_primary_is_killed_no_image_fails_no_answer_is_wrong_and_the_others_still_find()
    {
        await using RedisClusterRig redis = await RedisClusterRig.StartAsync();
        await using TestGrid grid = await GridAsync(Cache(redis), _ => Interlocked.Increment(ref _runs));
        EmbeddingResult[] computed = await StoreAllAsync(grid, redis);
        await using CacheAdministration administration = await CacheAdministration.ConnectAsync(Cache(redis));
        int lost = redis.Keys(Stored)[redis.Servers[2].Address].Length;
        redis.Servers[2].Kill();

        // The first questions may go to the one that is gone: until that is noticed nobody is asked, and then the others are.
        using CancellationTokenSource limit = new(Waits.Limit);
        for (int found = 0; found != Images - lost;)
        {
            Assert.False(limit.IsCancellationRequested, $"of {Images - lost} vectors on the primaries that live {found} are found");
            EmbeddingResult[] answers = await AllAsync(grid);
            Assert.Equal(computed.Select(Vector), answers.Select(Vector));
            found = answers.Count(answer => answer.FromCache);
        }

        GridConfigurationException told = await Assert.ThrowsAsync<GridConfigurationException>(
            () => administration.StatusAsync(null, null, _ => { }, default));
        Assert.Contains(redis.Servers[2].Address, told.Message, StringComparison.Ordinal);
    }

    private static CacheOptions Cache(RedisClusterRig redis) => new()
    {
        MemoryBytes = 0, Redis = redis.Address, KeyPrefix = "north:", ProbeMilliseconds = 20, WaitMilliseconds = 5_000,
    };

    /// <summary>A vector that Redis did not take in time is computed and written when it is next asked for.</summary>
    private static async Task<EmbeddingResult[]> StoreAllAsync(TestGrid grid, RedisClusterRig redis)
    {
        using CancellationTokenSource limit = new(Waits.Limit);
        EmbeddingResult[] computed = await AllAsync(grid);
        while (redis.Count(Stored) < Images)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token);
            computed = await AllAsync(grid);
        }
        return computed;
    }

    private static async Task<TestGrid> GridAsync(CacheOptions cache, SegmentHook? hook = null)
    {
        TestGrid grid = await TestGrid.StartAsync(TestGrid.Options() with { Cache = cache }, hook);
        Assert.True(SpinWait.SpinUntil(() => grid.Get<RedisLevel>().IsAsked, Waits.Limit), "the cluster is never asked");
        return grid;
    }

    private static Task<EmbeddingResult[]> AllAsync(TestGrid grid) => Task.WhenAll(
        Enumerable.Range(0, Images).Select(i => grid.EmbedAsync(TestGrid.Image((byte)i))));

    private static string Vector(EmbeddingResult answer) => Convert.ToHexString(
        System.Runtime.InteropServices.MemoryMarshal.AsBytes(answer.Vector.Span));
}
