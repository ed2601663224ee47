namespace VitGrid.Indexing.Archives;

/// <summary>
/// Keeps the row groups that were read last: two, so that items of one that ends and of the next find theirs, and more while they are
/// within a bound in bytes. One group is read at a time. Any thread may call.
/// </summary>
internal sealed class ParquetGroups(long maxBytes)
{
    private const int Least = 2;

    private readonly Lock _gate = new();
    private readonly LinkedList<(string Key, Task<ParquetGroup> Group)> _kept = [];
    private Task _reading = Task.CompletedTask;

    /// <summary>How many were read, for tests.</summary>
    public int Read { get; private set; }

    /// <summary>The group of that key, read where it is not kept.</summary>
    /// <param name="key">Names file, version, column and group.</param>
    /// <param name="read">Reads it, for all who need it.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public Task<ParquetGroup> GetAsync(string key, Func<Task<ParquetGroup>> read, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (Find(key) is { } kept)
                return kept.WaitAsync(cancellationToken);
            Task<ParquetGroup> group = ReadAfterAsync(_reading, read);
            Read++;
            _reading = group;
            _kept.AddLast((key, group));
            while (_kept.Count > Least && _kept.Sum(held => BytesOf(held.Group)) > maxBytes)
                _kept.RemoveFirst();
            return group.WaitAsync(cancellationToken);
        }
    }

    private static async Task<ParquetGroup> ReadAfterAsync(Task before, Func<Task<ParquetGroup>> read)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        return await read();
    }

    private static long BytesOf(Task<ParquetGroup> group) => group.IsCompletedSuccessfully ? group.Result.Bytes : 0;

    /// <summary>One that could not be read is read again.</summary>
    private Task<ParquetGroup>? Find(string key)
    {
        for (LinkedListNode<(string Key, Task<ParquetGroup> Group)>? node = _kept.First; node is not null; node = node.Next)
        {
            if (node.Value.Key != key)
                continue;
            _kept.Remove(node);
            if (node.Value.Group.IsFaulted || node.Value.Group.IsCanceled)
                return null;
            _kept.AddLast(node);
            return node.Value.Group;
        }
        return null;
    }
}
