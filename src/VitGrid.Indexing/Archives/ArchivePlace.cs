using System.Text.RegularExpressions;

namespace VitGrid.Indexing.Archives;

/// <summary>How the bytes of an archive are found.</summary>
internal enum ArchiveKind
{
    /// <summary>A tar file: any place of it can be read alone.</summary>
    Tar,

    /// <summary>A tar file in gzip: it is read from its beginning. Offsets are those of the unpacked bytes.</summary>
    GzipTar,
}

/// <summary>Bytes of an archive.</summary>
/// <param name="Offset">Bytes before them.</param>
/// <param name="Length">How many they are.</param>
internal readonly record struct ArchiveRange(long Offset, long Length);

/// <summary>What stands beside an image.</summary>
/// <param name="Field">The end of its name, behind the first dot: <c>json</c>, <c>txt</c>.</param>
/// <param name="Range">Where it stands.</param>
internal readonly record struct ArchiveField(string Field, ArchiveRange Range);

/// <summary>
/// A place inside an archive, as the queue names it:
/// <c>tar+file:///data/a.tar?at=512+2000&amp;of=VERSION&amp;meta=2560+90:json#0001.jpg</c>, with <c>tgz+</c> for one in gzip. Any worker
/// can read it, in any order; a submission that was killed goes on in the middle.
/// </summary>
/// <param name="Kind">How the archive is packed.</param>
/// <param name="Archive">The archive's URI.</param>
/// <param name="Version">The archive's version as it was when it was listed: another one is not read.</param>
/// <param name="Image">Where the image stands.</param>
/// <param name="Fields">What stands beside it and is kept.</param>
/// <param name="Name">The image's name in the archive, for people.</param>
internal sealed partial record ArchivePlace(
    ArchiveKind Kind, string Archive, string Version, ArchiveRange Image, ImmutableArray<ArchiveField> Fields, string Name)
{
    /// <summary>Most bytes of what is kept beside one image.</summary>
    public const long MaxFieldBytes = 65_536;

    /// <summary>Most fields that are kept beside one image.</summary>
    public const int MaxFields = 8;

    /// <summary>The form, for messages.</summary>
    public const string Form = "tar+file:///data/a.tar?at=OFFSET+LENGTH&of=VERSION#NAME, as 'index submit a.tar' makes it";

    /// <summary>Whether a URI is meant as a place.</summary>
    public static bool IsOne(string uri) => Schemes().IsMatch(uri);

    /// <summary>Reads a URI; null where it is no place.</summary>
    public static ArchivePlace? Parse(string uri)
    {
        Match match = Whole().Match(uri);
        if (!match.Success)
            return null;
        ImmutableArray<ArchiveField> fields =
        [
            .. match.Groups[6].Captures.Zip(match.Groups[7].Captures, (range, name) => new ArchiveField(
                Uri.UnescapeDataString(name.Value), RangeIn(range.Value))),
        ];
        if (fields.Length > MaxFields || fields.Sum(field => field.Range.Length) > MaxFieldBytes)
            return null;
        return new(
            match.Groups[1].Value == "tgz" ? ArchiveKind.GzipTar : ArchiveKind.Tar, match.Groups[2].Value, match.Groups[4].Value,
            RangeIn(match.Groups[3].Value), fields, Uri.UnescapeDataString(match.Groups[8].Value));
    }

    /// <summary>As the queue holds it.</summary>
    public override string ToString()
    {
        string scheme = Kind == ArchiveKind.GzipTar ? "tgz" : "tar";
        string fields = string.Concat(Fields.Select(field => $"&meta={Text(field.Range)}:{Uri.EscapeDataString(field.Field)}"));
        return $"{scheme}+{Archive}?at={Text(Image)}&of={Version}{fields}#{Uri.EscapeDataString(Name)}";
    }

    private static string Text(ArchiveRange range) => string.Create(CultureInfo.InvariantCulture, $"{range.Offset}+{range.Length}");

    private static ArchiveRange RangeIn(string text)
    {
        string[] numbers = text.Split('+');
        return new(long.Parse(numbers[0], CultureInfo.InvariantCulture), long.Parse(numbers[1], CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"\A(?:tar|tgz)\+", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Schemes();

    [GeneratedRegex(
        @"\A(tar|tgz)\+([^?#]+)\?at=([0-9]{1,18}\+[0-9]{1,18})&of=([0-9A-Za-z_.%~-]{1,210})"
            + @"((?:&meta=([0-9]{1,18}\+[0-9]{1,9}):([^&#:]{1,200}))*)#(.*)\z",
        RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Whole();
}
