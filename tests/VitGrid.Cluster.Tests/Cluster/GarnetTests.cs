using VitGrid.Cluster.Administration;
using VitGrid.Cluster.Caching.Recalls;
using VitGrid.Cluster.Caching.Redis;
using VitGrid.Cluster.Tests.Grid;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;

namespace VitGrid.Cluster.Tests.Cluster;

/// <summary>Garnet as the cache's server, where the tool <c>garnet-server</c> is installed.</summary>
public sealed class GarnetTests
{
    private int _runs;

    [GarnetFact]
    public async Task Vectors_are_found_by_others_counted_recalled_and_purged()
    {
        using RedisServer garnet = await RedisServer.StartGarnetAsync();
        CacheOptions cache = new() { MemoryBytes = 0, Redis = garnet.Address, ProbeMilliseconds = 20, WaitMilliseconds = 2_000 };
        await using TestGrid first = await GridAsync(cache, null), second = await GridAsync(cache, _ => Interlocked.Increment(ref _runs));
        EmbeddingResult[] computed = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => first.EmbedAsync(TestGrid.Image((byte)i))));
        await using CacheAdministration administration = await CacheAdministration.ConnectAsync(cache);
        await Waits.UntilAsync(async () => await CountAsync(administration) == 20, "all are stored");
        EmbeddingResult[] found = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => second.EmbedAsync(TestGrid.Image((byte)i))));
        Assert.All(found, answer => Assert.True(answer.FromCache));
        Assert.Equal(computed.Select(answer => answer.Vector.ToArray()), found.Select(answer => answer.Vector.ToArray()));
        Assert.Equal(0, _runs);

        first.Get<RecallSweep>().Add(
            new(computed[0].Origin!.Devices, DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue.AddDays(-1)));
        await Waits.UntilAsync(async () => await CountAsync(administration) == 0, "the recall's are gone");
        await first.EmbedAsync(TestGrid.Image(1) with { Cache = CacheUse.Refresh });
        await Waits.UntilAsync(async () => await CountAsync(administration) == 1, "one is stored");
        Assert.Equal(1, await administration.PurgeAsync("tiny", _ => { }, default));
    }

    private static async Task<long> CountAsync(CacheAdministration administration) =>
        (await administration.StatusAsync(null, null, _ => { }, default)).Models.Sum(model => model.Vectors);

    private static async Task<TestGrid> GridAsync(CacheOptions cache, SegmentHook? hook)
    {
        TestGrid grid = await TestGrid.StartAsync(TestGrid.Options() with { Cache = cache }, hook);
        await Waits.UntilAsync(() => Task.FromResult(grid.Get<RedisLevel>().IsAsked), "Garnet is asked");
        return grid;
    }

    private sealed class GarnetFactAttribute : FactAttribute
    {
        public GarnetFactAttribute() =>
            Skip = RedisServer.Garnet is null ? "garnet-server is not installed ('dotnet tool install -g garnet-server')" : null;
    }
}
