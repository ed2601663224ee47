using StackExchange.Redis;
using VitGrid.Cluster.Caching.Redis;
using VitGrid.Cluster.Tests.Grid;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;
using VitGrid.Runtime.Health;

namespace VitGrid.Cluster.Tests.Cluster;

/// <summary>The cache's level in Redis while all is well.</summary>
public sealed class SharedCacheTests
{
    private int _runs;

    [RedisFact]
    public async Task Another_process_gets_what_the_first_one_computed_bit_for_bit_and_computes_nothing()
    {
        using CacheServer server = await CacheServer.StartAsync();
        float[] computed;
        await using (TestGrid first = await server.GridAsync())
            computed = await first.VectorAsync(TestGrid.Image(1));

        await using TestGrid second = await server.GridAsync(hook: _ => _runs++);
        EmbeddingResult stored = await second.EmbedAsync(TestGrid.Image(1));
        Assert.True(stored.FromCache);
        Assert.Equal(computed.Select(BitConverter.SingleToInt32Bits), stored.Vector.ToArray().Select(BitConverter.SingleToInt32Bits));
        Assert.Equal(0, _runs);
        Assert.True(stored.Timings.Cache > TimeSpan.Zero);
    }

    [RedisFact]
    public async Task A_vector_says_where_it_was_computed_also_when_another_process_finds_it()
    {
        using CacheServer server = await CacheServer.StartAsync();
        VectorOrigin computed;
        await using (TestGrid first = await server.GridAsync())
            computed = (await first.EmbedAsync(TestGrid.Image(1))).Origin!;
        Assert.EndsWith("/cpu:0", computed.Devices, StringComparison.Ordinal);
        Assert.True((DateTimeOffset.UtcNow - computed.ComputedAt).Duration() < Waits.Limit);
        await using TestGrid second = await server.GridAsync(hook: _ => _runs++);
        EmbeddingResult stored = await second.EmbedAsync(TestGrid.Image(1));
        Assert.Equal((computed.Devices, computed.Milliseconds), (stored.Origin!.Devices, stored.Origin.Milliseconds));
        Assert.Equal(0, _runs);
    }

    [RedisFact]
    public async Task Bypass_neither_reads_nor_writes_and_refresh_computes_and_writes()
    {
        using CacheServer server = await CacheServer.StartAsync();
        await using TestGrid grid = await server.GridAsync();
        await grid.EmbedAsync(TestGrid.Image(1) with { Cache = CacheUse.Bypass });
        Assert.False((await grid.EmbedAsync(TestGrid.Image(2) with { Cache = CacheUse.Refresh })).FromCache);
        server.AwaitKeys(1);
        Assert.False((await grid.EmbedAsync(TestGrid.Image(2) with { Cache = CacheUse.Bypass })).FromCache);
        Assert.True((await grid.EmbedAsync(TestGrid.Image(2))).FromCache);
        Assert.False((await grid.EmbedAsync(TestGrid.Image(1))).FromCache);
    }

    [RedisFact]
    public async Task A_hit_in_redis_is_kept_in_the_process()
    {
        using CacheServer server = await CacheServer.StartAsync();
        await using (TestGrid first = await server.GridAsync())
            await first.EmbedAsync(TestGrid.Image(1));
        await using TestGrid second = await server.GridAsync(options => options with { MemoryBytes = 1 << 20 });
        Assert.True((await second.EmbedAsync(TestGrid.Image(1))).FromCache);
        Assert.True(await server.Data.KeyDeleteAsync([.. server.Keys()]) == 1);
        Assert.True((await second.EmbedAsync(TestGrid.Image(1))).FromCache);
    }

    [RedisFact]
    public async Task In_half_precision_the_first_answer_is_already_what_every_hit_will_be()
    {
        using CacheServer server = await CacheServer.StartAsync();
        static CacheOptions Half(CacheOptions options) => options with { Format = CacheFormat.Fp16 };
        await using TestGrid first = await server.GridAsync(Half), second = await server.GridAsync(Half), exact = await server.GridAsync();
        float[] computed = await first.VectorAsync(TestGrid.Image(1)), full = await first.VectorAsync(
            TestGrid.Image(1) with { Cache = CacheUse.Bypass });
        server.AwaitKeys(1);
        EmbeddingResult hit = await second.EmbedAsync(TestGrid.Image(1));
        Assert.True(hit.FromCache);
        Assert.Equal(computed, hit.Vector.ToArray());
        Assert.NotEqual(full, computed);
        EmbeddingResult recomputed = await exact.EmbedAsync(TestGrid.Image(1));
        Assert.False(recomputed.FromCache);
        Assert.Equal(full, recomputed.Vector.ToArray());
    }

    [RedisFact]
    public async Task A_value_with_a_right_checksum_and_a_wrong_vector_is_deleted_and_computed_anew()
    {
        using CacheServer server = await CacheServer.StartAsync();
        await using TestGrid grid = await server.GridAsync();
        float[] computed = await grid.VectorAsync(TestGrid.Image(1));
        server.AwaitKeys(1);
        RedisKey key = server.Keys().Single();
        CacheEnvelope forger = new(CacheFormat.Fp32);
        foreach (float[] forged in (float[][])[computed[1..], [.. computed, 1], [float.NaN, .. computed[1..]]])
        {
            await server.Data.StringSetAsync(key, forger.Write(key!, forged));
            Assert.Equal(computed, await grid.VectorAsync(TestGrid.Image(1)));
            Assert.True(SpinWait.SpinUntil(() => Stored() != Convert.ToHexString(forger.Write(key!, forged)), Waits.Limit), "it stays");
        }

        string Stored() => server.Data.StringGet(key) is { IsNull: false } value ? Convert.ToHexString((byte[])value!) : "";
    }

    [RedisFact]
    public async Task With_keys_set_only_what_the_grid_wrote_is_answered()
    {
        using CacheServer server = await CacheServer.StartAsync();
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, $"{new string('2', 32)}\n{new string('1', 32)}\n");
        await using TestGrid grid = await server.GridAsync(options => options with { MacKeyFile = file });
        File.Delete(file);
        float[] computed = await grid.VectorAsync(TestGrid.Image(1));
        server.AwaitKeys(1);
        Assert.True((await grid.EmbedAsync(TestGrid.Image(1))).FromCache);
        RedisKey key = server.Keys().Single();
        float[] forged = Array.ConvertAll(computed, number => -number);
        await server.Data.StringSetAsync(key, new CacheEnvelope(CacheFormat.Fp32, new([new('1', 32)])).Write(key!, forged));
        EmbeddingResult earlier = await grid.EmbedAsync(TestGrid.Image(1));
        Assert.True(earlier.FromCache, "the key before is not read");
        foreach (CacheSeal? other in (CacheSeal?[])[null, new([new('3', 32)])])
        {
            await server.Data.StringSetAsync(key, new CacheEnvelope(CacheFormat.Fp32, other).Write(key!, forged));
            Assert.Equal(computed, await grid.VectorAsync(TestGrid.Image(1)));
        }
    }

    [RedisFact]
    public async Task Vectors_expire_around_the_configured_time()
    {
        using CacheServer server = await CacheServer.StartAsync();
        await using TestGrid grid = await server.GridAsync(options => options with { TtlSeconds = 10_000 });
        await grid.EmbedAsync(TestGrid.Image(1));
        server.AwaitKeys(1);
        TimeSpan left = (await server.Data.KeyTimeToLiveAsync(server.Keys().Single()))!.Value;
        Assert.InRange(left.TotalSeconds, 8_000, 11_001);
    }

    [RedisFact]
    public async Task The_last_vectors_are_written_before_the_process_ends()
    {
        using CacheServer server = await CacheServer.StartAsync();
        await using (TestGrid grid = await server.GridAsync())
            await Task.WhenAll(Enumerable.Range(0, 100).Select(i => grid.EmbedAsync(TestGrid.Image((byte)i))));
        Assert.Equal(100, server.Keys().Count());
    }
}
