using VitGrid.Engine.Errors;
using VitGrid.Indexing.Archives;

namespace VitGrid.Indexing.Items;

/// <summary>
/// Reads what stands at places of archives that are open: of a tar its bytes alone, of one in gzip also what stands before them.
/// </summary>
internal sealed class ArchiveImage(long maxBytes)
{
    /// <summary>Deflate packs no more into a byte.</summary>
    private const long MaxRatio = 1_032;

    private readonly GzipBlocks _unpacked = new(maxBytes);

    /// <summary>Reads a URI that is a place.</summary>
    /// <exception cref="ItemException">It is malformed.</exception>
    public static ArchivePlace Parse(string uri) => ArchivePlace.Parse(uri) ?? throw Refused(
        ApiCode.InvalidUri, $"'{(uri.Length > 200 ? $"{uri[..200]}…" : uri)}' is no place in an archive; give {ArchivePlace.Form}");

    /// <summary>Demands that the archive has room for the place.</summary>
    /// <exception cref="ItemException">The place lies beyond its end.</exception>
    public static void Demand(ArchivePlace place, IArchiveBytes archive)
    {
        decimal room = place.Kind == ArchiveKind.Tar ? archive.Length : (decimal)archive.Length * MaxRatio;
        foreach (ArchiveRange range in place.Fields.Select(field => field.Range).Prepend(place.Image))
        {
            if ((decimal)range.Offset + range.Length > room)
                throw Refused(ApiCode.InvalidUri, string.Create(CultureInfo.InvariantCulture,
                    $"{Shown(place)}: bytes {range.Offset}+{range.Length} lie beyond the end of an archive of {archive.Length} bytes; "
                        + $"submit the archive instead of writing its places"));
        }
    }

    /// <summary>Reads bytes of an archive.</summary>
    /// <exception cref="IOException">The archive ends before.</exception>
    public async Task<byte[]> ReadAsync(ArchivePlace place, ArchiveRange range, IArchiveBytes archive, CancellationToken cancellationToken)
    {
        byte[] bytes = place.Kind == ArchiveKind.Tar
            ? await archive.ReadAsync(range, cancellationToken)
            : await ReadPackedAsync(place, range, archive, cancellationToken);
        return bytes.Length == range.Length
            ? bytes : throw new IOException($"{Shown(place)}: the archive ends before it; it is being written or was cut");
    }

    private async Task<byte[]> ReadPackedAsync(
        ArchivePlace place, ArchiveRange range, IArchiveBytes archive, CancellationToken cancellationToken)
    {
        try
        {
            return await _unpacked.ReadAsync($"{place.Archive} {place.Version}", archive.Open, range, cancellationToken);
        }
        catch (InvalidDataException exception)
        {
            throw Refused(ApiCode.FileUnreadable, $"{Shown(place)}: the archive is no gzip, or damaged before this place "
                + $"({exception.Message}); make or copy it again");
        }
    }

    private static string Shown(ArchivePlace place) => $"'{place.Archive}#{place.Name}'";

    private static ItemException Refused(string code, string message) => new(ItemFault.Poison(code, message));
}
