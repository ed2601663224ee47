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

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
