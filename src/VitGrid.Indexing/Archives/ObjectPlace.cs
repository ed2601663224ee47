using System.Text.RegularExpressions;
using VitGrid.S3;

namespace VitGrid.Indexing.Archives;

/// <summary>An object as the queue names it: <c>s3://bucket/key</c>, and <c>?of=LENGTH-ETAG</c> where it was listed.</summary>
/// <param name="Bucket">Its bucket.</param>
/// <param name="Key">Its key.</param>
/// <param name="Object">The version that was listed; null: it was not.</param>
internal sealed partial record ObjectPlace(string Bucket, string Key, S3Object? Object)
{
    private const string Scheme = "s3://";

    /// <summary>The form, for messages about what is none; those do not repeat what was given, which may hold credentials.</summary>
    public const string Remedy = "give s3://BUCKET/KEY, percent-encoded, and no credentials: those are taken as AWS' own tools take them";

    /// <summary>Whether a URI or a source is meant as one.</summary>
    public static bool IsOne(string uri) => uri.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a URI; null where it is none.</summary>
    public static ObjectPlace? Parse(string uri)
    {
        Match match = Whole().Match(uri);
        if (!match.Success)
            return null;
        (string bucket, string key) = (match.Groups[1].Value, Uri.UnescapeDataString(match.Groups[2].Value));
        S3Object? listed = match.Groups[3].Success
            ? new(
                bucket, key, long.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture),
                Uri.UnescapeDataString(match.Groups[4].Value))
            : null;
        return new(bucket, key, listed);
    }

    /// <summary>Whether it lies in a bucket, or below a prefix in it.</summary>
    public bool IsIn(string allowed)
    {
        int slash = allowed.IndexOf('/', StringComparison.Ordinal);
        return slash < 0
            ? Bucket == allowed : Bucket == allowed[..slash] && Key.StartsWith(allowed[(slash + 1)..], StringComparison.Ordinal);
    }

    /// <summary>The URI of an object, without its version.</summary>
    public static string UriOf(S3Object listed) =>
        $"{Scheme}{listed.Bucket}/{string.Join('/', listed.Key.Split('/').Select(Uri.EscapeDataString))}";

    /// <summary>The version of an object, as URIs name it.</summary>
    public static string VersionOf(S3Object listed) =>
        string.Create(CultureInfo.InvariantCulture, $"{listed.Length}-{Uri.EscapeDataString(listed.Tag)}");

    [GeneratedRegex(
        @"\As3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/([^?#]{1,3000})(?:\?of=([0-9]{1,18})-([0-9A-Za-z_.%~-]{1,190}))?\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Whole();
}
