namespace VitGrid.Hub.Cache;

/// <summary>
/// A repository's part of a cache as huggingface_hub lays it out: <c>blobs/HASH</c>, <c>snapshots/COMMIT/PATH</c> as links to them,
/// <c>refs/NAME</c> with a commit, and locks beside.
/// </summary>
/// <param name="cache">The cache's folder.</param>
/// <param name="repository">The repository's id.</param>
internal sealed class CacheFolder(string cache, string repository)
{
    private readonly string _name = "models--" + repository.Replace("/", "--", StringComparison.Ordinal);

    /// <summary>The repository's folder.</summary>
    public string Root => Path.Combine(cache, _name);

    /// <summary>A blob, named after its checksum.</summary>
    public string Blob(HubFile file) => Path.Combine(Root, "blobs", file.Hash);

    /// <summary>What is there of a blob that is not whole.</summary>
    public string Incomplete(HubFile file) => Blob(file) + ".incomplete";

    /// <summary>The lock that whoever fetches a blob holds, Python's library too.</summary>
    public string Lock(HubFile file) => Path.Combine(cache, ".locks", _name, file.Hash + ".lock");

    /// <summary>The folder of a commit.</summary>
    public string Snapshot(string commit) => Path.Combine(Root, "snapshots", commit);

    /// <summary>A file of a commit.</summary>
    public string Pointer(string commit, HubFile file) => Path.Combine([Snapshot(commit), .. file.Path.Split('/')]);

    /// <summary>Where the bytes of a file are that is there whole: caches without links have no blobs.</summary>
    public string Content(string commit, HubFile file) => LengthOf(Blob(file)) == file.Bytes ? Blob(file) : Pointer(commit, file);

    /// <summary>Whether a file of a commit is there whole.</summary>
    public bool Has(string commit, HubFile file) => LengthOf(Pointer(commit, file)) == file.Bytes;

    /// <summary>Bytes of a file behind whatever links; null: it is not there.</summary>
    public static long? LengthOf(string path)
    {
        try
        {
            FileSystemInfo? target = File.ResolveLinkTarget(path, returnFinalTarget: true);
            FileInfo file = target as FileInfo ?? new(path);
            return file.Exists ? file.Length : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Puts a blob into a commit's folder: a relative link, or the file itself where links cannot be made.</summary>
    public void Point(string commit, HubFile file)
    {
        string pointer = Pointer(commit, file), blob = Blob(file), folder = Path.GetDirectoryName(pointer)!;
        Directory.CreateDirectory(folder);
        if (LengthOf(pointer) == file.Bytes)
            return;
        File.Delete(pointer);
        try
        {
            File.CreateSymbolicLink(pointer, Path.GetRelativePath(folder, blob));
        }
        catch (IOException) when (LengthOf(pointer) == file.Bytes)
        {
            // Another pull made it meanwhile.
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            File.Copy(blob, pointer, overwrite: true);
        }
    }

    /// <summary>Notes which commit a branch or tag means.</summary>
    public void Refer(string revision, string commit)
    {
        if (revision == commit)
            return;
        string reference = Path.Combine([Root, "refs", .. revision.Split('/')]);
        Directory.CreateDirectory(Path.GetDirectoryName(reference)!);
        string partial = $"{reference}.{Guid.NewGuid():N}";
        File.WriteAllText(partial, commit);
        File.Move(partial, reference, overwrite: true);
    }

    /// <summary>The commit that a branch or tag meant when it was last fetched; null: it never was.</summary>
    public string? CommitOf(string revision)
    {
        string reference = Path.Combine([Root, "refs", .. revision.Split('/')]);
        return File.Exists(reference) ? File.ReadAllText(reference).Trim() : Directory.Exists(Snapshot(revision)) ? revision : null;
    }
}
