namespace VitGrid.Indexing.Sinks.Files;

/// <summary>Files in a folder: written under a hidden name, flushed to disk and renamed.</summary>
internal sealed class StateFolder(string folder) : IStateFiles
{
    /// <summary>How the names of files end that are not whole yet.</summary>
    public const string TemporaryEnding = ".part.tmp";

    /// <inheritdoc/>
    public string PlaceOf(string name) => Path.Combine(folder, name);

    /// <inheritdoc/>
    public async Task<byte[]?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        if (!File.Exists(PlaceOf(name)))
            return null;
        await using FileStream file = new(PlaceOf(name), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        byte[] bytes = new byte[file.Length];
        await file.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    /// <inheritdoc/>
    public async Task WriteAsync(string name, Func<Stream, Task> write, bool replace, CancellationToken cancellationToken)
    {
        if (!replace)
            Directory.CreateDirectory(folder);
        string hidden = PlaceOf($".{name}-{Guid.NewGuid():N}{TemporaryEnding}");
        await DurableFile.WriteAsync(hidden, "", write, cancellationToken);
        if (replace)
            File.Move(hidden, PlaceOf(name), overwrite: true);
        else
            DurableFile.MoveToNew(hidden, PlaceOf(name));
        DurableFile.FlushNames(folder);
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string name, CancellationToken cancellationToken)
    {
        File.Delete(PlaceOf(name));
        return Task.CompletedTask;
    }
}
