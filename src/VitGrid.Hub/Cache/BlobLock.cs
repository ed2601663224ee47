namespace VitGrid.Hub.Cache;

/// <summary>
/// The lock on one blob, between processes. .NET locks a file that it shares with nobody by <c>flock</c>, as the <c>filelock</c> of
/// Python's library does, so that both wait for each other.
/// </summary>
internal sealed class BlobLock : IDisposable
{
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(100);

    private readonly FileStream _file;

    private BlobLock(FileStream file) => _file = file;

    /// <summary>Waits until nobody else holds the lock.</summary>
    /// <param name="path">The lock's file; it stays.</param>
    /// <param name="waiting">Told once, if another holds it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<BlobLock> TakeAsync(string path, Action waiting, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        for (bool isFirst = true; ; isFirst = false)
        {
            try
            {
                return new(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
            }
            catch (IOException) when (File.Exists(path))
            {
                if (isFirst)
                    waiting();
                await Task.Delay(BetweenTries, cancellationToken);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
