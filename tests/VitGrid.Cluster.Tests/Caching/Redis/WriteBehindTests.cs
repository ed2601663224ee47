using FsCheck.Xunit;
using VitGrid.Cluster.Caching.Redis;

namespace VitGrid.Cluster.Tests.Caching.Redis;

public sealed class WriteBehindTests
{
    private int _dropped;

    [Property(MaxTest = 300)]
    public bool The_queue_keeps_the_newest_within_both_bounds_and_counts_what_goes(byte[] sizes, byte items, ushort bytes)
    {
        WriteQueue queue = new(1 + items, bytes);
        int dropped = sizes.Select((size, i) => queue.Add(new($"{i}", new byte[size]))).Sum();
        bool bounded = queue.Count <= 1 + items && queue.Bytes <= bytes && queue.Count + dropped == sizes.Length;
        IReadOnlyList<CacheWrite> kept = queue.Take(int.MaxValue);
        return bounded && queue.Bytes == 0
            && kept.Select(write => write.Key).SequenceEqual(Enumerable.Range(0, sizes.Length).Select(i => $"{i}").Skip(dropped));
    }

    [Fact]
    public async Task Everything_is_written_in_order_in_batches_of_bounded_size()
    {
        List<string> written = [];
        WriteBehind writes = Create(10_000, batch =>
        {
            Assert.InRange(batch.Count, 1, WriteBehind.MaxAtOnce);
            written.AddRange(batch.Select(write => write.Key));
            return Task.CompletedTask;
        });
        string[] keys = [.. Enumerable.Range(0, 300).Select(i => $"{i}")];
        foreach (string key in keys)
            writes.Add(new(key, []));
        await writes.FlushAsync(Timeout.InfiniteTimeSpan);
        Assert.Equal(keys, written);
        Assert.Equal((0, 0), (_dropped, writes.Count));
    }

    [Fact]
    public async Task While_nothing_can_be_written_the_oldest_go_and_at_the_end_the_rest()
    {
        TaskCompletionSource never = new(), begun = new();
        WriteBehind writes = Create(3, _ =>
        {
            begun.TrySetResult();
            return never.Task;
        });
        writes.Add(new("on its way", []));
        await begun.Task;
        foreach (int i in Enumerable.Range(0, 10))
            writes.Add(new($"{i}", []));
        Assert.Equal((7, 3), (_dropped, writes.Count));
        await writes.FlushAsync(TimeSpan.Zero);
        Assert.Equal((10, 0), (_dropped, writes.Count));
    }

    private WriteBehind Create(int items, StoreVectors store) => new(new() { WriteQueueItems = items }, store, count => _dropped += count);
}
