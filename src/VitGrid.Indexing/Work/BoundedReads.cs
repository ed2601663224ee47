namespace VitGrid.Indexing.Work;

/// <summary>
/// Reads that can be given up although they ignore every token, as those of a disk that has gone do. So many as are given up are bounded, since each keeps a
/// thread until the disk answers.
/// </summary>
internal sealed class BoundedReads
{
    private const int MaxReads = 256;

    private readonly SemaphoreSlim _free = new(MaxReads);

    /// <summary>Reads on a thread of its own.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was signalled before the answer.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> read, CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken);
        return await ReadAsync(read).WaitAsync(cancellationToken);
    }

    private async Task<T> ReadAsync<T>(Func<Task<T>> read)
    {
        try
        {
            return await Task.Run(read);
        }
        finally
        {
            _free.Release();
        }
    }
}
