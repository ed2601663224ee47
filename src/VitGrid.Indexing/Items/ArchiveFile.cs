using Microsoft.Win32.SafeHandles;
using VitGrid.Engine.Errors;
using VitGrid.Indexing.Archives;

namespace VitGrid.Indexing.Items;

/// <summary>An archive that is a file. It is opened, judged and compared with its version whenever it is read.</summary>
internal sealed class ArchiveFile : IArchiveBytes
{
    private readonly string _shown;
    private readonly string _version;
    private readonly Func<SafeFileHandle> _open;

    /// <param name="shown">The archive, for messages.</param>
    /// <param name="version">The version that was listed.</param>
    /// <param name="open">Opens it, if it may be read.</param>
    /// <exception cref="ItemException">It is another version by now, or may not be read.</exception>
    public ArchiveFile(string shown, string version, Func<SafeFileHandle> open)
    {
        (_shown, _version, _open) = (shown, version, open);
        using SafeFileHandle file = OpenChecked();
        Length = CheckedFile.LengthOf(file);
    }

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public Task<byte[]> ReadAsync(ArchiveRange range, CancellationToken cancellationToken)
    {
        using SafeFileHandle file = OpenChecked();
        byte[] bytes = new byte[range.Length];
        int read = 0, more;
        while (read < bytes.Length && (more = RandomAccess.Read(file, bytes.AsSpan(read), range.Offset + read)) > 0)
            read += more;
        return Task.FromResult(read == bytes.Length ? bytes : bytes[..read]);
    }

    /// <inheritdoc/>
    public Stream Open() => new FileStream(OpenChecked(), FileAccess.Read, 1 << 16);

    private SafeFileHandle OpenChecked()
    {
        SafeFileHandle file = _open();
        if (ArchiveVersion.Of(file) is var found && found == _version)
            return file;
        file.Dispose();
        throw new ItemException(ItemFault.Poison(ApiCode.ArchiveChanged, $"'{_shown}' has changed since it was submitted (version "
            + $"{_version}, now {found}: length and time of its last change); submit it again under another job"));
    }
}
