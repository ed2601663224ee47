using StackExchange.Redis;
using VitGrid.Cluster.Caching.Recalls;
using VitGrid.Cluster.Caching.Redis;
using VitGrid.Cluster.Tests.Grid;
using VitGrid.Engine.Caching;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;
using VitGrid.Runtime.Health;

namespace VitGrid.Cluster.Tests.Cluster;

/// <summary>What a device has put into the caches before it was found to compute wrong, in a real Redis and in several processes.</summary>
public sealed class RecalledVectorTests
{
    private int _runs;

    [RedisTheory]
    [InlineData(CacheFormat.Fp32)]
    [InlineData(CacheFormat.Fp16)]
    public async Task A_device_found_wrong_takes_its_vectors_out_of_redis_and_of_every_process_and_no_others(CacheFormat format)
    {
        using CacheServer server = await CacheServer.StartAsync();
        CacheOptions Cache(CacheOptions options) => options with { Format = format, MemoryBytes = 1 << 20 };
        await using TestGrid other = await server.GridAsync(Cache, _ => Interlocked.Increment(ref _runs));
        await using TestGrid sick = await server.GridAsync(Cache);
        for (byte seed = 1; seed <= 3; seed++)
        {
            await sick.EmbedAsync(TestGrid.Image(seed));
            await other.EmbedAsync(TestGrid.Image((byte)(100 + seed)));
        }
        server.AwaitKeys(6);
        // In the memory of a process that did not compute it.
        Assert.True((await other.EmbedAsync(TestGrid.Image(1))).FromCache);
        int before = _runs;
        VectorOrigin origin = (await sick.EmbedAsync(TestGrid.Image(1))).Origin!;

        DateTimeOffset good = origin.ComputedAt.AddMinutes(-1);
        DeviceHealth health = sick.Get<DeviceHealth>();
        health.PassedProbes("cpu:0", good);
        Assert.True(health.Report("cpu:0", DeviceState.Out, IllnessKind.WrongProbe, "the probe is off by 0.1"));
        Assert.True(SpinWait.SpinUntil(() => sick.Get<VectorRecalls>().Covers(origin), Waits.Limit), "no recall comes");
        VectorRecall recall = sick.Get<VectorRecalls>().Held.Single();
        Assert.Equal((origin.Devices, good.ToUnixTimeMilliseconds()), (recall.Device, recall.Since.ToUnixTimeMilliseconds()));
        Assert.True(SpinWait.SpinUntil(() => server.Keys(StoredKey.Pattern(null)).Count() == 3, Waits.Limit), "Redis keeps them");
        Assert.True(
            SpinWait.SpinUntil(() => server.Data.StringGet(RecallSweep.KeyOf(recall)) == "done", Waits.Limit), "it is never done");
        Assert.True(sick.Get<RedisLevel>().IsAsked);
        foreach (RedisKey key in server.Keys(StoredKey.Pattern(null)))
        {
            string value = System.Text.Encoding.Latin1.GetString(server.Data.StringGet(key)!);
            Assert.DoesNotContain(origin.Devices, value, StringComparison.Ordinal);
        }

        // The other grid is of another cluster here: it hears of the recall as a front end of the same one would, by its table.
        other.Get<VectorRecalls>().Add(recall);
        Assert.Equal(1, other.Get<MemoryEmbeddingCache>().Remove(recall).Values.Sum());
        EmbeddingResult anew = await other.EmbedAsync(TestGrid.Image(1));
        Assert.False(anew.FromCache);
        Assert.Equal(before + 1, _runs);
        Assert.True((await other.EmbedAsync(TestGrid.Image(101))).FromCache);
    }

    [RedisFact]
    public async Task A_value_that_a_sweep_has_not_reached_yet_is_not_believed_and_goes()
    {
        using CacheServer server = await CacheServer.StartAsync();
        await using TestGrid grid = await server.GridAsync(hook: _ => Interlocked.Increment(ref _runs));
        VectorOrigin origin = (await grid.EmbedAsync(TestGrid.Image(1))).Origin!;
        server.AwaitKeys(1);
        RedisKey key = server.Keys().Single();
        byte[] wrong = new CacheEnvelope(CacheFormat.Fp32).Write(
            key!, (await grid.VectorAsync(TestGrid.Image(1))), origin with { Devices = "gone/cpu:0" });
        await server.Data.StringSetAsync(key, wrong);
        grid.Get<VectorRecalls>().Add(new("gone/cpu:0", origin.ComputedAt, origin.ComputedAt));
        EmbeddingResult answer = await grid.EmbedAsync(TestGrid.Image(1));
        Assert.False(answer.FromCache);
        Assert.Equal(2, _runs);
        Assert.True(SpinWait.SpinUntil(
            () => server.Data.StringGet(key) is { IsNull: false } value && !((byte[])value!).AsSpan().SequenceEqual(wrong), Waits.Limit),
            "it stays");
    }
}
