using VitGrid.Engine.Options;

namespace VitGrid.Cluster.Caching.Redis;

/// <summary>Stores some vectors; ends when that is done or has failed, and never throws.</summary>
internal delegate Task StoreVectors(IReadOnlyList<CacheWrite> batch);

/// <summary>
/// Takes vectors at once and writes them afterwards: nobody waits for it. One batch at a time is on its way; what comes meanwhile waits in
/// a bounded queue. Any thread may call.
/// </summary>
internal sealed class WriteBehind(CacheOptions options, StoreVectors store, Action<int> dropped)
{
    /// <summary>Most vectors on their way at once.</summary>
    public const int MaxAtOnce = 64;

    private readonly Lock _gate = new();
    private readonly WriteQueue _queue = new(options.WriteQueueItems, options.WriteQueueBytes);
    private Task _writing = Task.CompletedTask;
    private bool _isWriting;

    /// <summary>Vectors that wait.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _queue.Count;
        }
    }

    public void Add(CacheWrite write)
    {
        int gone;
        lock (_gate)
        {
            gone = _queue.Add(write);
            if (!_isWriting)
            {
                _isWriting = true;
                _writing = Task.Run(WriteAllAsync);
            }
        }
        if (gone > 0)
            dropped(gone);
    }

    /// <summary>Writes what waits, for at most <paramref name="limit"/>; the rest is dropped.</summary>
    public async Task FlushAsync(TimeSpan limit)
    {
        Task writing;
        lock (_gate)
            writing = _writing;
        await writing.WaitAsync(limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Take(int.MaxValue) is { Count: > 0 } left)
            dropped(left.Count);
    }

    private async Task WriteAllAsync()
    {
        while (Take(MaxAtOnce) is { Count: > 0 } batch)
            await store(batch);
    }

    private IReadOnlyList<CacheWrite> Take(int most)
    {
        lock (_gate)
        {
            IReadOnlyList<CacheWrite> batch = _queue.Take(most);
            _isWriting = batch.Count > 0;
            return batch;
        }
    }
}
