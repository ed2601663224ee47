namespace VitGrid.Server.Verbs;

/// <summary>A file that appears under its name when it is whole. Disposed without <see cref="Commit"/>, it leaves nothing behind.</summary>
internal sealed class AtomicFile : IDisposable
{
    private readonly string _target;
    private readonly string _partial;
    private bool _committed;

    /// <exception cref="UsageException">The path cannot name a file.</exception>
    public AtomicFile(string path)
    {
        _target = TargetOf(path);
        _partial = Path.Combine(Path.GetDirectoryName(_target)!, $".{Path.GetFileName(_target)}.{Guid.NewGuid():N}.partial");
        Stream = new FileStream(_partial, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16);
    }

    public FileStream Stream { get; }

    /// <summary>Gives the file its name, replacing an older one of that name.</summary>
    public void Commit()
    {
        Stream.Flush(flushToDisk: true);
        Stream.Dispose();
        File.Move(_partial, _target, overwrite: true);
        _committed = true;
    }

    public void Dispose()
    {
        Stream.Dispose();
        if (!_committed)
            File.Delete(_partial);
    }

    private static string TargetOf(string path)
    {
        // Renaming onto a link would replace the link, onto a device the device.
        string full = (File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName : null)
            ?? Path.GetFullPath(path);
        if (Directory.Exists(full) || full.StartsWith("/dev/", StringComparison.Ordinal))
            throw new UsageException($"'{path}' is not a file that can be written; name one such as vectors.jsonl");
        if (!Directory.Exists(Path.GetDirectoryName(full)))
            throw new UsageException($"'{path}' lies in a folder that does not exist; create {Path.GetDirectoryName(full)} first");
        return full;
    }
}
