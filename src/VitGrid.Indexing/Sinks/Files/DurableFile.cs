using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace VitGrid.Indexing.Sinks.Files;

/// <summary>Files and names that are still there after a power cut.</summary>
internal static partial class DurableFile
{
    private const int InvalidArgument = 22;

    /// <summary>
    /// Writes a new file to disk, replacing a leftover of that name, and tells its length and checksum. A failure leaves nothing.
    /// </summary>
    public static async Task<ManifestFile> WriteAsync(
        string path, string name, Func<Stream, Task> write, CancellationToken cancellationToken)
    {
        try
        {
            await using FileStream file = new(path, FileMode.Create, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, 1 << 16);
            await write(file);
            file.Flush(flushToDisk: true);
            file.Position = 0;
            byte[] digest = await SHA256.HashDataAsync(file, cancellationToken);
            return new(name, file.Length, Convert.ToHexStringLower(digest));
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Gives a file a name that none has, and of several processes that try to one; the others' files are gone.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public static void MoveToNew(string hidden, string path)
    {
        // File.Move looks whether the name is free and renames then, so that of two both may: the later replaces the earlier.
        if (!OperatingSystem.IsWindows() && Link(hidden, path) == 0)
        {
            File.Delete(hidden);
            return;
        }
        try
        {
            // Where the name is taken, and on file systems without links.
            File.Move(hidden, path);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(hidden);
        }
    }

    /// <summary>Makes the names in a folder durable. Windows does so by itself, and some file systems have no call for it.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public static void FlushNames(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        int descriptor = Open(folder, 0);
        if (descriptor < 0)
            throw Failure(folder);
        try
        {
            if (Sync(descriptor) != 0 && Marshal.GetLastPInvokeError() != InvalidArgument)
                throw Failure(folder);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static IOException Failure(string folder) => new($"{Marshal.GetLastPInvokeErrorMessage()} : '{folder}'");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string path, string name);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
