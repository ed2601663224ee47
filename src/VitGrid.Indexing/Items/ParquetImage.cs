using VitGrid.Engine.Errors;
using VitGrid.Indexing.Archives;

namespace VitGrid.Indexing.Items;

/// <summary>Reads images in rows of Parquet files.</summary>
internal sealed class ParquetImage(long maxBytes)
{
    private readonly ParquetGroups _groups = new(maxBytes);

    /// <summary>Reads a URI that is a place.</summary>
    /// <exception cref="ItemException">It is malformed.</exception>
    public static ParquetPlace Parse(string uri) => ParquetPlace.Parse(uri) ?? throw Refused(
        ApiCode.InvalidUri, $"'{(uri.Length > 200 ? $"{uri[..200]}…" : uri)}' is no row of a Parquet file; give {ParquetPlace.Form}");

    /// <summary>Reads the image of a row.</summary>
    /// <param name="place">The row.</param>
    /// <param name="maxImage">Most bytes of an image.</param>
    /// <param name="source">The file.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ItemException">The row has no image, one that is too large, or the file cannot be read.</exception>
    public async Task<byte[]> ReadAsync(
        ParquetPlace place, long maxImage, IArchiveBytes source, CancellationToken cancellationToken)
    {
        ParquetGroup group = await _groups.GetAsync(
            string.Create(CultureInfo.InvariantCulture, $"{place.File} {place.Version} {place.Column} {place.Group}"),
            () => ReadGroupAsync(place, source), cancellationToken);
        if (place.Row >= group.Rows.Count)
            throw Refused(ApiCode.InvalidUri, $"{Shown(place)}: row group {place.Group} has {group.Rows.Count} rows, and none of number "
                + $"{place.Row}; submit the file instead of writing its rows");
        if (group.Rows[place.Row] is not { Length: > 0 } image)
            throw Refused(ApiCode.ImageDecodeFailed, $"{Shown(place)}: the row has no bytes in column '{place.Column}'; leave it out, or "
                + "store the image in it");
        return image.Length <= maxImage ? image.ToArray() : throw Refused(ApiCode.ImageTooLarge,
            $"{Shown(place)} is {image.Length} bytes, the limit is {maxImage} bytes (Images:MaxFileBytes); shrink the image");
    }

    /// <summary>Others may wait for it too: whoever gives up does not end it.</summary>
    private static async Task<ParquetGroup> ReadGroupAsync(ParquetPlace place, IArchiveBytes source)
    {
        try
        {
            await using Stream file = source.Open();
            return await ParquetImages.ReadAsync(file, place.Column, place.Group, ParquetImages.MaxGroupBytes, CancellationToken.None);
        }
        catch (InvalidDataException exception)
        {
            throw Refused(ApiCode.FileUnreadable, $"{Shown(place)}: {exception.Message}");
        }
    }

    private static string Shown(ParquetPlace place) => string.Create(CultureInfo.InvariantCulture, $"'{place.File}#{place.Number}'");

    private static ItemException Refused(string code, string message) => new(ItemFault.Poison(code, message));
}
