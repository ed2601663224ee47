using FsCheck.Xunit;
using VitGrid.Engine.Caching;
using VitGrid.Runtime.Health;

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
                cache.Set(key, Of(put[key] = new float[step % 300]));
            return cache.Bytes <= bound && (!cache.TryGet(key, out CachedVector found) || found.Vector == put[key]);
        });
    }

    [Fact]
    public void Counts_vector_key_and_overhead()
    {
        MemoryEmbeddingCache cache = new(new() { MemoryBytes = 100_000 });
        cache.Set(Key(1), Of(new float[1024]));
        Assert.Equal(SieveShard.Overhead + (2 * Key(1).Scope.Length) + 4096, cache.Bytes);
        cache.Set(Key(1), Of(new float[10]));
        Assert.Equal(SieveShard.Overhead + (2 * Key(1).Scope.Length) + 40, cache.Bytes);
    }

    [Fact]
    public void Images_asked_for_again_outlive_a_scan_over_new_ones()
    {
        long cost = SieveShard.Cost(Key(0), new float[64]);
        MemoryEmbeddingCache cache = new(new() { MemoryBytes = 20 * cost });
        for (int i = 0; i < 10; i++)
            cache.Set(Key(i), Of(new float[64]));
        for (int scanned = 100; scanned < 1_000; scanned++)
        {
            Assert.All(Enumerable.Range(0, 10), i => Assert.True(cache.TryGet(Key(i), out _)));
            cache.Set(Key(scanned), Of(new float[64]));
        }
    }

    [Fact]
    public void Bits_come_back_as_they_were_put()
    {
        float[] odd = [float.NaN, -0f, float.Epsilon, float.MaxValue, BitConverter.UInt32BitsToSingle(0x7FC0_1234)];
        MemoryEmbeddingCache cache = new(new() { MemoryBytes = 100_000 });
        cache.Set(Key(1), Of([.. odd]));
        Assert.True(cache.TryGet(Key(1), out CachedVector back));
        Assert.Equal(odd.Select(BitConverter.SingleToUInt32Bits), back.Vector.Select(BitConverter.SingleToUInt32Bits));
    }

    [Fact]
    public void Off_and_too_small_keep_nothing()
    {
        MemoryEmbeddingCache off = new(new() { MemoryBytes = 0 });
        off.Set(Key(1), Of(new float[4]));
        Assert.False(off.TryGet(Key(1), out _));
    }

    [Fact]
    public void A_recall_takes_out_what_the_device_computed_in_its_time_and_nothing_else()
    {
        MemoryEmbeddingCache cache = new(new() { MemoryBytes = 100_000 }) { Recalls = new() };
        cache.Set(Key(1), new([1], Origin("a/cpu:0", 100)));
        cache.Set(Key(2), new([2], Origin("b/cpu:0,a/cpu:0", 101)));
        cache.Set(Key(3), new([3], Origin("a/cpu:1", 100)));
        cache.Set(Key(4), new([4], Origin("a/cpu:0", 80)));
        cache.Set(Key(5), Of([5]));
        IReadOnlyDictionary<string, int> gone = cache.Remove(new("a/cpu:0", At(90), At(110)));
        Assert.Equal(new Dictionary<string, int> { ["0"] = 2 }, gone);
        Assert.Equal([3, 4, 5], Enumerable.Range(1, 5).Where(i => cache.TryGet(Key(i), out _)));
        Assert.Equal(3 * SieveShard.Cost(Key(1), [1]), cache.Bytes);
    }

    [Fact]
    public void What_a_recalled_device_computed_is_not_kept_when_it_comes_after_the_recall()
    {
        VectorRecalls recalls = new();
        MemoryEmbeddingCache cache = new(new() { MemoryBytes = 100_000 }) { Recalls = recalls };
        Assert.True(recalls.Add(new("a/cpu:0", At(90), At(110))));
        Assert.False(recalls.Add(new("a/cpu:0", At(90), At(110))));
        cache.Set(Key(1), new([1], Origin("a/cpu:0", 100)));
        cache.Set(Key(2), new([2], Origin("a/cpu:0", 120)));
        Assert.Equal([2], Enumerable.Range(1, 2).Where(i => cache.TryGet(Key(i), out _)));
    }

    [Fact]
    public void Recalls_are_bounded_and_the_newest_are_held()
    {
        VectorRecalls recalls = new();
        for (int i = 0; i < VectorRecalls.MaxHeld + 5; i++)
            recalls.Add(new($"a/cpu:{i}", At(0), At(1)));
        Assert.Equal(Enumerable.Range(5, VectorRecalls.MaxHeld).Select(i => $"a/cpu:{i}"), recalls.Held.Select(recall => recall.Device));
    }

    private static DateTimeOffset At(int seconds) => DateTimeOffset.UnixEpoch.AddHours(1).AddSeconds(seconds);

    private static VectorOrigin Origin(string devices, int seconds) => new(devices, At(seconds));

    private static CachedVector Of(float[] vector) => new(vector, null);

    private static EmbeddingKey Key(int number) => new("vg:1:m:0:fp32:crop-56:4:cls", (UInt128)number, (UInt128)(number * 7));
}
