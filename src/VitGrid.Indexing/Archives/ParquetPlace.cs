using System.Text.RegularExpressions;

namespace VitGrid.Indexing.Archives;

/// <summary>
/// A row of a Parquet file whose bytes are an image, as the queue names it:
/// <c>parquet+file:///data/a.parquet?at=GROUP+ROW&amp;of=VERSION&amp;column=image.bytes#17</c>.
/// </summary>
/// <param name="File">The file's URI.</param>
/// <param name="Version">The file's version as it was when it was listed: another one is not read.</param>
/// <param name="Group">Row group, from 0.</param>
/// <param name="Row">Row in the group, from 0.</param>
/// <param name="Column">The column of bytes; names of structs with dots between.</param>
/// <param name="Number">Row in the file, from 0.</param>
internal sealed partial record ParquetPlace(string File, string Version, int Group, int Row, string Column, long Number)
{
    /// <summary>The form, for messages.</summary>
    public const string Form =
        "parquet+file:///data/a.parquet?at=GROUP+ROW&of=VERSION&column=image.bytes#17, as 'index submit a.parquet' makes it";

    /// <summary>Whether a URI is meant as one.</summary>
    public static bool IsOne(string uri) => uri.StartsWith("parquet+", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a URI; null where it is no place.</summary>
    public static ParquetPlace? Parse(string uri)
    {
        Match match = Whole().Match(uri);
        return !match.Success ? null : new(
            match.Groups[1].Value, match.Groups[4].Value, int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture),
            int.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture), Uri.UnescapeDataString(match.Groups[5].Value),
            long.Parse(match.Groups[6].Value, CultureInfo.InvariantCulture));
    }

    /// <summary>As the queue holds it.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"parquet+{File}?at={Group}+{Row}&of={Version}&column={Uri.EscapeDataString(Column)}#{Number}");

    [GeneratedRegex(
        @"\Aparquet\+([^?#]+)\?at=([0-9]{1,9})\+([0-9]{1,9})&of=([0-9A-Za-z_.%~-]{1,210})&column=([^&#]{1,500})#([0-9]{1,18})\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Whole();
}
