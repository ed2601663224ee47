using VitGrid.Indexing.Archives;

namespace VitGrid.Indexing.Items;

/// <summary>An archive of one version, wherever it lies.</summary>
internal interface IArchiveBytes
{
    /// <summary>Its bytes.</summary>
    long Length { get; }

    /// <summary>Reads bytes; fewer where it ends before.</summary>
    /// <exception cref="ItemException">It is another version by now, or may not be read.</exception>
    Task<byte[]> ReadAsync(ArchiveRange range, CancellationToken cancellationToken);

    /// <summary>Opens it to be read from its beginning, or anywhere.</summary>
    /// <exception cref="ItemException">It is another version by now, or may not be read.</exception>
    Stream Open();
}
