namespace VitGrid.Indexing.Spool;

/// <summary>Files and folders that only this process's user can read: what clients have uploaded is nobody else's.</summary>
internal static class PrivateFiles
{
    private const UnixFileMode OwnFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnFolder = OwnFile | UnixFileMode.UserExecute;

    /// <summary>Makes a folder where it is missing; takes others' rights from one that an earlier build has made. Gives its path.</summary>
    public static string CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            return Directory.CreateDirectory(path).FullName;
        DirectoryInfo folder = Directory.CreateDirectory(path, OwnFolder);
        if (folder.UnixFileMode != OwnFolder)
            Restrict(folder);
        return folder.FullName;
    }

    /// <summary>Makes a new file.</summary>
    /// <exception cref="IOException">There is one of that name.</exception>
    public static FileStream Create(string path, FileAccess access)
    {
        FileStreamOptions options = new()
        {
            Mode = FileMode.CreateNew,
            Access = access,
            Share = FileShare.Read | FileShare.Delete,
            BufferSize = 1 << 16,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnFile;
        return new(path, options);
    }

    /// <summary>A folder that another user owns is that user's to close.</summary>
    private static void Restrict(DirectoryInfo folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        try
        {
            folder.UnixFileMode = OwnFolder;
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            // Its files are private all the same.
        }
    }
}
