using System.Text.RegularExpressions;
using VitGrid.Indexing.Archives;

namespace VitGrid.Indexing.Submission;

/// <summary>
/// Objects as a source names them: one, <c>s3://bucket/a.tar</c>; all below a prefix, <c>s3://bucket/2026/</c>; or those of a pattern,
/// <c>s3://bucket/**/a-*.tar</c>, with <c>*</c> and <c>?</c> within a name and <c>**</c> for folders, none or more.
/// </summary>
/// <param name="Bucket">The bucket.</param>
/// <param name="Key">Key, prefix or pattern.</param>
internal sealed partial record S3Source(string Bucket, string Key)
{
    /// <summary>Reads a source.</summary>
    /// <exception cref="IndexException">It is none.</exception>
    public static S3Source Parse(string source)
    {
        // What is none is not repeated: it may hold credentials.
        Match match = Whole().Match(source);
        return match.Success
            ? new(match.Groups[1].Value, match.Groups[2].Value)
            : throw new IndexException($"a source names no bucket; {ObjectPlace.Remedy}");
    }

    /// <summary>Whether it names one object.</summary>
    public bool IsOne => !IsPattern && IsFile(Key);

    /// <summary>What the keys of its objects begin with.</summary>
    public string Prefix => IsPattern ? Key[..Key.IndexOfAny(['*', '?'])] : Key;

    private bool IsPattern => Key.AsSpan().ContainsAny('*', '?');

    /// <summary>Tells of keys whether they are meant: images, archives and Parquet files that the pattern names.</summary>
    public Func<string, bool> Filter()
    {
        if (!IsPattern)
            return IsFile;
        string pattern = Parts().Replace(Key, part => part.Value switch
        {
            "**/" => "(?:.*/)?",
            "**" => ".*",
            "*" => "[^/]*",
            "?" => "[^/]",
            _ => Regex.Escape(part.Value),
        });
        Regex names = new($@"\A{pattern}\z", RegexOptions.CultureInvariant | RegexOptions.Singleline | RegexOptions.NonBacktracking);
        return key => IsFile(key) && names.IsMatch(key);
    }

    private static bool IsFile(string key) => ArchiveWalk.IsName(key) || ParquetWalk.IsName(key) || ImageWalk.IsImageName(key);

    [GeneratedRegex(@"\As3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?\z", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Whole();

    [GeneratedRegex(@"\*\*/|\*\*|\*|\?|[^*?]+", RegexOptions.CultureInvariant)]
    private static partial Regex Parts();
}
