using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VitGrid.Runtime.Images.Isolation;

/// <summary>
/// Memory that a decoding process shares with its parent: the file's bytes, then the pixels. Linux only. Its pages are reserved before
/// it is mapped: where <c>/dev/shm</c> is too small, a mapping succeeds and the first touch ends the process.
/// </summary>
internal sealed unsafe partial class SharedRegion : IDisposable
{
    /// <summary>Bytes at the front for a file; a larger one goes through the pipe, where copying it is a small part of its cost.</summary>
    public const int FileBytes = 2 << 20;

    private const string Folder = "/dev/shm";

    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;

    private SharedRegion(string path, FileStream file)
    {
        Path = path;
        Bytes = file.Length;
        _map = MemoryMappedFile.CreateFromFile(
            file, mapName: null, capacity: 0, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false);
        _view = _map.CreateViewAccessor();
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    /// <summary>Where the other process finds it, until <see cref="Unlink"/>.</summary>
    public string Path { get; }

    /// <summary>Its size.</summary>
    public long Bytes { get; }

    /// <summary>Room for a file.</summary>
    public Span<byte> File => new(_start, FileBytes);

    /// <summary>Room for pixels.</summary>
    public Span<byte> Pixels => new(_start + FileBytes, (int)(Bytes - FileBytes));

    /// <summary>Creates one for so many bytes of pixels; null where there is no room for it, or no such folder.</summary>
    public static SharedRegion? Create(long pixelBytes, string folder = Folder)
    {
        if (!OperatingSystem.IsLinux() || !Directory.Exists(folder))
            return null;
        string path = System.IO.Path.Combine(folder, $"vitgrid-decode-{Guid.NewGuid():n}");
        try
        {
            FileStream file = new(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = 0,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            if (Reserve(file.SafeFileHandle, 0, FileBytes + pixelBytes) == 0)
                return new(path, file);
            file.Dispose();
            System.IO.File.Delete(path);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            System.IO.File.Delete(path);
            return null;
        }
    }

    /// <summary>Opens that of the parent.</summary>
    /// <exception cref="IOException">It is not there.</exception>
    public static SharedRegion Open(string path) => new(path, new FileStream(path, new FileStreamOptions
    {
        Mode = FileMode.Open,
        Access = FileAccess.ReadWrite,
        Share = FileShare.ReadWrite | FileShare.Delete,
        BufferSize = 0,
    }));

    /// <summary>Takes its name away; the memory lives as long as a process maps it.</summary>
    public void Unlink() => System.IO.File.Delete(Path);

    /// <inheritdoc/>
    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _map.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    private static partial int Reserve(SafeFileHandle file, long offset, long length);
}
