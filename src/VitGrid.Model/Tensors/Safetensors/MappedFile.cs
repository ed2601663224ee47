using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VitGrid.Model.Tensors.Safetensors;

/// <summary>A file read where it lies: its bytes at one address of this process. It must not be shortened meanwhile.</summary>
public sealed unsafe partial class MappedFile : IDisposable
{
    /// <summary>MADV_DONTNEED of Linux.</summary>
    private const int DoNotNeed = 4;

    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly Lock _ending = new();
    private bool _disposed;

    /// <summary>Maps the whole of <paramref name="file"/>.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public MappedFile(string file)
        : this(File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete))
    {
    }

    /// <summary>Maps the whole of <paramref name="file"/>, which it owns from then on.</summary>
    internal MappedFile(SafeFileHandle file)
    {
        Length = RandomAccess.GetLength(file);
        _map = MemoryMappedFile.CreateFromFile(
            file, mapName: null, capacity: 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        _view = _map.CreateViewAccessor(0, Length, MemoryMappedFileAccess.Read);
        byte* address = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref address);
        Address = (nint)address;
    }

    /// <summary>Where the first byte is.</summary>
    public nint Address { get; }

    /// <summary>Bytes of the file.</summary>
    public long Length { get; }

    /// <summary>
    /// Takes its pages out of this process's memory until they are read again, for a file that was read through once. The system's own
    /// cache of the file keeps them for as long as it likes. Does nothing but on Linux.
    /// </summary>
    public void Evict()
    {
        // What is at the address after the file would lose its bytes.
        lock (_ending)
        {
            if (!_disposed && OperatingSystem.IsLinux())
                _ = Advise(Address, (nuint)Length, DoNotNeed);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // A service that stands under two names in a host is disposed twice.
        lock (_ending)
        {
            if (_disposed)
                return;
            _disposed = true;
        }
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _map.Dispose();
    }

    internal void Read(long offset, Span<byte> target) => _view.SafeMemoryMappedViewHandle.ReadSpan((ulong)offset, target);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}
