using System.Net;
using StackExchange.Redis;
using VitGrid.Cluster.Caching.Redis;
using VitGrid.Cluster.Tests.Grid;
using VitGrid.Engine.Options;
using VitGrid.LoadTest.CacheTrouble;

namespace VitGrid.Cluster.Tests.Cluster;

/// <summary>The cache's Redis of a test behind a <see cref="SlowProxy"/>, and an operator's connection past it.</summary>
internal sealed class CacheServer : IDisposable
{
    private CacheServer(RedisServer redis, ConnectionMultiplexer past) => (Redis, Past, Proxy) = (redis, past, new(redis.Address));

    public RedisServer Redis { get; }

    public SlowProxy Proxy { get; }

    public ConnectionMultiplexer Past { get; }

    public IDatabase Data => Past.GetDatabase();

    /// <summary>
    /// Options of a process that uses it and has no level of its own: each lookup goes to Redis. Probes are quick; time-outs leave a busy
    /// machine air.
    /// </summary>
    public CacheOptions Options => new() { MemoryBytes = 0, Redis = Proxy.Address, ProbeMilliseconds = 20, WaitMilliseconds = 500 };

    public static async Task<CacheServer> StartAsync()
    {
        RedisServer redis = await RedisServer.StartAsync();
        return new(redis, await ConnectionMultiplexer.ConnectAsync($"{redis.Address},abortConnect=false,allowAdmin=true"));
    }

    public IEnumerable<RedisKey> Keys(string pattern = "vg:*") =>
        Past.GetServer(IPEndPoint.Parse(Redis.Address)).Keys(pattern: pattern);

    /// <summary>A grid of one process that uses it, asked by it already.</summary>
    public async Task<TestGrid> GridAsync(Func<CacheOptions, CacheOptions>? change = null, SegmentHook? hook = null)
    {
        CacheOptions cache = change is null ? Options : change(Options);
        TestGrid grid = await TestGrid.StartAsync(TestGrid.Options() with { Cache = cache }, hook);
        Assert.True(SpinWait.SpinUntil(() => grid.Get<RedisLevel>().IsAsked, Waits.Limit), "Redis is never asked");
        return grid;
    }

    /// <summary>Waits until everything that was computed is written.</summary>
    public void AwaitKeys(int count) =>
        Assert.True(SpinWait.SpinUntil(() => Keys().Count() == count, Waits.Limit), $"Redis never holds {count} vectors");

    public void Dispose()
    {
        Past.Dispose();
        Proxy.Dispose();
        Redis.Dispose();
    }
}
