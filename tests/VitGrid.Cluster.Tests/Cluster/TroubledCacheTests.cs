using VitGrid.Cluster.Caching.Redis;
using VitGrid.Cluster.Tests.Grid;
using VitGrid.Engine.Requests;

namespace VitGrid.Cluster.Tests.Cluster;

/// <summary>
/// What a cache's Redis may do to a grid: nothing. No image fails, no vector is wrong, and afterwards it is of use again.
/// </summary>
public sealed class TroubledCacheTests
{
    private static readonly byte[] Images = [.. Enumerable.Range(1, 24).Select(i => (byte)i)];

    public static TheoryData<string> Troubles => ["slow", "stopped", "killed", "restarted", "full"];

    [RedisTheory]
    [MemberData(nameof(Troubles))]
    public async Task No_image_fails_and_no_vector_is_wrong_while_redis_is_in_trouble_or_after(string trouble)
    {
        using CacheServer server = await CacheServer.StartAsync();
        await using TestGrid grid = await server.GridAsync();
        Dictionary<byte, float[]> truth = await TruthAsync(grid);
        await EmbedAllAsync(grid, truth, Images[..12]);
        server.AwaitKeys(12);

        Func<Task> end = await BeginAsync(server, trouble);
        for (int round = 0; round < 3; round++)
            await EmbedAllAsync(grid, truth, Images);
        await end();

        Assert.True(SpinWait.SpinUntil(() => grid.Get<RedisLevel>().IsAsked, Waits.Limit), "Redis is not asked again");
        await EmbedAllAsync(grid, truth, Images);
        server.AwaitKeys(Images.Length);
        Assert.All(await EmbedAllAsync(grid, truth, Images), result => Assert.True(result.FromCache));
        Assert.Equal((0, 0, (0, 0L)), await grid.LeftAfterDrainAsync());
    }

    [RedisFact]
    public async Task A_redis_that_is_away_at_the_start_is_used_from_when_it_comes()
    {
        using CacheServer server = await CacheServer.StartAsync();
        server.Redis.Kill();
        await using TestGrid grid = await TestGrid.StartAsync(TestGrid.Options() with { Cache = server.Options });
        Assert.False((await grid.EmbedAsync(TestGrid.Image(1))).FromCache);
        Assert.False(grid.Get<RedisLevel>().IsAsked);
        await server.Redis.StartAgainAsync();
        server.AwaitKeys(1);
        Assert.True((await grid.EmbedAsync(TestGrid.Image(1))).FromCache);
    }

    [RedisFact]
    public async Task A_redis_that_answers_in_time_but_always_slowly_is_no_longer_waited_for_until_it_is_quick_again()
    {
        using CacheServer server = await CacheServer.StartAsync();
        await using TestGrid grid = await server.GridAsync(options => options with { WaitMilliseconds = 2_000 });
        Dictionary<byte, float[]> truth = await TruthAsync(grid);
        await EmbedAllAsync(grid, truth, Images[..4]);
        server.AwaitKeys(4);

        server.Proxy.Delay = TimeSpan.FromMilliseconds(600);
        foreach (byte image in Images[..3])
            Assert.True((await EmbedAllAsync(grid, truth, [image])).Single().FromCache);
        Assert.False((await EmbedAllAsync(grid, truth, Images[3..4])).Single().FromCache);

        server.Proxy.Delay = TimeSpan.Zero;
        using CancellationTokenSource limit = new(Waits.Limit);
        while (!(await EmbedAllAsync(grid, truth, Images[..1])).Single().FromCache)
            Assert.False(limit.IsCancellationRequested, "Redis is of no use again");
    }

    [RedisFact]
    public async Task Garbage_values_of_other_keys_and_of_other_versions_are_computed_anew_and_overwritten()
    {
        using CacheServer server = await CacheServer.StartAsync();
        await using TestGrid grid = await server.GridAsync();
        Dictionary<byte, float[]> truth = await TruthAsync(grid);
        await EmbedAllAsync(grid, truth, Images);
        server.AwaitKeys(Images.Length);
        string[] keys = [.. server.Keys().Select(key => key.ToString())];
        byte[][] values = [.. keys.Select(key => (byte[])server.Data.StringGet(key)!)];
        for (int i = 0; i < keys.Length; i++)
            await SpoilAsync(server, keys[i], values[i], values[(i + 1) % values.Length], i);

        Assert.All(await EmbedAllAsync(grid, truth, Images), result => Assert.False(result.FromCache));
        Assert.True(SpinWait.SpinUntil(
            () => grid.Get<RedisLevel>().Waiting == 0 && keys.Index().All(key => Holds(server, key.Item, values[key.Index])), Waits.Limit),
            "what was spoilt is not overwritten");
        Assert.All(await EmbedAllAsync(grid, truth, Images), result => Assert.True(result.FromCache));
    }

    /// <summary>All is as it was but for the proof (8 bytes behind the head of 12) and the time (8 more), which is a later one.</summary>
    private static bool Holds(CacheServer server, string key, byte[] value) =>
        server.Data.StringGet(key) is { IsNull: false } read && (byte[])read! is { } held && held.Length == value.Length
        && held.AsSpan(0, 12).SequenceEqual(value.AsSpan(0, 12)) && held.AsSpan(28).SequenceEqual(value.AsSpan(28));

    private static async Task SpoilAsync(CacheServer server, string key, byte[] own, byte[] others, int kind)
    {
        switch (kind % 6)
        {
            case 0:
                await server.Data.StringSetAsync(key, "garbage");
                break;
            case 1:
                await server.Data.StringSetAsync(key, others);
                break;
            case 2:
                await server.Data.StringSetAsync(key, own[..^3]);
                break;
            case 3:
                await server.Data.StringSetAsync(key, (byte[])[.. own[..3], 2, .. own[4..]]);
                break;
            case 4:
                await server.Data.StringSetAsync(key, "");
                break;
            default:
                await server.Data.KeyDeleteAsync(key);
                await server.Data.ListRightPushAsync(key, own);
                break;
        }
    }

    /// <summary>Begins a trouble and says how it ends.</summary>
    private static async Task<Func<Task>> BeginAsync(CacheServer server, string trouble)
    {
        switch (trouble)
        {
            case "slow":
                server.Proxy.Delay = TimeSpan.FromSeconds(1);
                return () => Task.FromResult(server.Proxy.Delay = TimeSpan.Zero);
            case "stopped":
                server.Redis.Signal("STOP");
                return () => Task.Run(() => server.Redis.Signal("CONT"));
            case "killed":
                server.Redis.Kill();
                return server.Redis.StartAgainAsync;
            case "restarted":
                server.Redis.Kill();
                await server.Redis.StartAgainAsync();
                return () => Task.CompletedTask;
            default:
                await server.Data.ExecuteAsync("CONFIG", "SET", "maxmemory", "1");
                return () => server.Data.ExecuteAsync("CONFIG", "SET", "maxmemory", "0");
        }
    }

    private static async Task<Dictionary<byte, float[]>> TruthAsync(TestGrid grid)
    {
        Dictionary<byte, float[]> truth = [];
        foreach (byte image in Images)
            truth[image] = await grid.VectorAsync(TestGrid.Image(image) with { Cache = CacheUse.Bypass });
        return truth;
    }

    private static async Task<EmbeddingResult[]> EmbedAllAsync(TestGrid grid, Dictionary<byte, float[]> truth, byte[] images)
    {
        EmbeddingResult[] results = await Task.WhenAll(images.Select(image => grid.EmbedAsync(TestGrid.Image(image))));
        Assert.All(images.Zip(results), pair => Assert.Equal(truth[pair.First], pair.Second.Vector.ToArray()));
        return results;
    }
}
