using VitGrid.Indexing.Archives;
using VitGrid.S3;

namespace VitGrid.Indexing.Items;

/// <summary>An archive that is an object of a store. Items that come nearly in order share the ranges that are read.</summary>
internal sealed class ArchiveObject(S3Store store, S3Object archive, RangeCache ranges) : IArchiveBytes
{
    /// <inheritdoc/>
    public long Length => archive.Length;

    /// <inheritdoc/>
    public Task<byte[]> ReadAsync(ArchiveRange range, CancellationToken cancellationToken) => ranges.ReadAsync(
        $"{archive} {archive.Tag}", range, archive.Length,
        (offset, length) => store.ReadAsync(archive, offset, length, CancellationToken.None), cancellationToken);

    /// <inheritdoc/>
    public Stream Open() => new S3Stream(store, archive);
}
