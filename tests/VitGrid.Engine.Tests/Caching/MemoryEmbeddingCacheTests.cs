using FsCheck.Xunit;
using VitGrid.Engine.Caching;

namespace VitGrid.Engine.Tests.Caching;

public sealed class MemoryEmbeddingCacheTests
{
    [Property(MaxTest = 300)]
    public bool Never_holds_more_bytes_than_its_bound_and_answers_with_what_was_put(ushort[] script, ushort bound)
    {
        MemoryEmbeddingCache cache = new(new() { MemoryBytes = bound });
        Dictionary<EmbeddingKey, float[]> put = [];
        return script.All(step =>
        {
            EmbeddingKey key = Key(step % 50);
            if (step % 3 > 0)
                cache.Set(key, put[key] = new float[step % 300]);
            return cache.Bytes <= bound && (!cache.TryGet(key, out float[]? vector) || vector == put[key]);
        });
    }

    [Fact]
    public void Counts_vector_key_and_overhead()
    {
        MemoryEmbeddingCache cache = new(new() { MemoryBytes = 100_000 });
        cache.Set(Key(1), new float[1024]);
        Assert.Equal(SieveShard.Overhead + (2 * Key(1).Scope.Length) + 4096, cache.Bytes);
        cache.Set(Key(1), new float[10]);
        Assert.Equal(SieveShard.Overhead + (2 * Key(1).Scope.Length) + 40, cache.Bytes);
    }

    [Fact]
    public void Images_asked_for_again_outlive_a_scan_over_new_ones()
    {
        long cost = SieveShard.Cost(Key(0), new float[64]);
        MemoryEmbeddingCache cache = new(new() { MemoryBytes = 20 * cost });
        for (int i = 0; i < 10; i++)
            cache.Set(Key(i), new float[64]);
        for (int scanned = 100; scanned < 1_000; scanned++)
        {
            Assert.All(Enumerable.Range(0, 10), i => Assert.True(cache.TryGet(Key(i), out _)));
            cache.Set(Key(scanned), new float[64]);
        }
    }

    [Fact]
    public void Bits_come_back_as_they_were_put()
    {
        float[] odd = [float.NaN, -0f, float.Epsilon, float.MaxValue, BitConverter.UInt32BitsToSingle(0x7FC0_1234)];
        MemoryEmbeddingCache cache = new(new() { MemoryBytes = 100_000 });
        cache.Set(Key(1), [.. odd]);
        Assert.True(cache.TryGet(Key(1), out float[]? back));
        Assert.Equal(odd.Select(BitConverter.SingleToUInt32Bits), back.Select(BitConverter.SingleToUInt32Bits));
    }

    [Fact]
    public void Off_and_too_small_keep_nothing()
    {
        MemoryEmbeddingCache off = new(new() { MemoryBytes = 0 });
        off.Set(Key(1), new float[4]);
        Assert.False(off.TryGet(Key(1), out _));
    }

    private static EmbeddingKey Key(int number) => new("vg:1:m:0:fp32:crop-56:4:cls", (UInt128)number, (UInt128)(number * 7));
}
