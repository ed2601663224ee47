namespace VitGrid.Indexing.Work;

/// <summary>
/// Reads that can be given up although they ignore every token, as those of a disk that has gone do. So many as are given up are bounded,
/// since each keeps a thread of the process until the disk answers.
/// </summary>
internal static class BoundedReads
{
    private const int MaxReads = 256;

    private static readonly SemaphoreSlim Free = new(MaxReads);

    /// <summary>Reads on a thread of its own.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was signalled before the answer.</exception>
    public static async Task<T> RunAsync<T>(Func<Task<T>> read, CancellationToken cancellationToken)
    {
        await Free.WaitAsync(cancellationToken);
        return await ReadAsync(read).WaitAsync(cancellationToken);
    }

    private static async Task<T> ReadAsync<T>(Func<Task<T>> read)
    {
        try
        {
            return await Task.Run(read);
        }
        finally
        {
            Free.Release();
        }
    }
}
