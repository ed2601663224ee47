using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VitGrid.Indexing.Items;

/// <summary>
/// Opens files of the allowed folders. What is judged is what was opened: a link that changes between the two leads nowhere else.
/// </summary>
internal static partial class CheckedFile
{
    // Linux; the same on every processor that .NET runs on there.
    private const int NoTerminal = 0x100;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x8_0000;
    private const int PathOnly = 0x20_0000;

    private const int NotFound = 2;
    private const int Denied = 13;
    private const int NoFolder = 20;

    /// <summary>Opens a file for reading, never waiting for what is none, such as a pipe.</summary>
    /// <param name="path">A full path; its links are followed.</param>
    /// <param name="folders">The allowed folders, themselves without links.</param>
    /// <returns>Null where it leads out of them.</returns>
    /// <exception cref="IOException">It is not there, or cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">This process may not read it.</exception>
    public static SafeFileHandle? Open(string path, IReadOnlyList<string> folders)
    {
        // First by its name, so that outside of the folders nothing tells whether something is there.
        if (!AllowedFolders.Contains(folders, AllowedFolders.RealPath(path)))
            return null;
        if (!OperatingSystem.IsLinux())
            return OpenByName(path, folders);
        using SafeFileHandle place = Open(path, PathOnly | CloseOnExec);
        string opened = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{place.DangerousGetHandle()}");
        return new FileInfo(opened).LinkTarget is { } real && AllowedFolders.Contains(folders, real)
            ? Open(opened, NonBlocking | NoTerminal | CloseOnExec, path) : null;
    }

    /// <summary>Bytes of a file that was opened; 0 of what has no length, such as a pipe.</summary>
    public static long LengthOf(SafeFileHandle file)
    {
        try
        {
            return RandomAccess.GetLength(file);
        }
        catch (NotSupportedException)
        {
            return 0;
        }
    }

    private static SafeFileHandle? OpenByName(string path, IReadOnlyList<string> folders)
    {
        SafeFileHandle file = File.OpenHandle(path);
        if (AllowedFolders.Contains(folders, AllowedFolders.RealPath(path)))
            return file;
        file.Dispose();
        return null;
    }

    private static SafeFileHandle Open(string path, int flags, string? shown = null)
    {
        int descriptor = OpenFile(path, flags);
        return descriptor >= 0 ? new(descriptor, ownsHandle: true) : throw Failure(Marshal.GetLastPInvokeError(), shown ?? path);
    }

    private static Exception Failure(int error, string path) => error switch
    {
        NotFound or NoFolder => new FileNotFoundException($"'{path}' is not there"),
        Denied => new UnauthorizedAccessException($"'{path}' may not be read by this process"),
        _ => new IOException($"'{path}': {Marshal.GetPInvokeErrorMessage(error)}"),
    };

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags);
}
