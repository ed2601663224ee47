using System.Text.RegularExpressions;

namespace VitGrid.Indexing.Sinks.Buckets;

/// <summary>Where a sink's objects lie.</summary>
/// <param name="Name">The sink as users name it.</param>
/// <param name="Bucket">The bucket.</param>
/// <param name="Parts">What the keys of parts begin with; ends with <c>/</c>.</param>
/// <param name="State">What the keys beside them begin with; may be <paramref name="Parts"/> itself.</param>
/// <param name="Joined">Key of the object into which parts are joined at the end; null: they stay parts.</param>
internal sealed partial record BucketTarget(string Name, string Bucket, string Parts, string State, string? Joined)
{
    private const string Scheme = "s3://";

    /// <summary>The form, for messages about what is none; those do not repeat what was given, which may hold credentials.</summary>
    public const string Remedy =
        "give s3://BUCKET/PREFIX without ';', '?' and '#', and no credentials: those are taken as AWS' own tools take them";

    /// <summary>Whether a sink's place is meant as one.</summary>
    public static bool IsOne(string place) => place.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>The key that parts or the joined object have, with its bucket; null: it is malformed.</summary>
    public static (string Bucket, string Key)? Parse(string place)
    {
        Match match = Whole().Match(place.TrimEnd('/'));
        bool isPlain = match.Success && match.Groups[2].Value.Split('/').All(name => name is not ("" or "." or ".."));
        return isPlain ? (match.Groups[1].Value, match.Groups[2].Value) : null;
    }

    /// <summary>Parts below a prefix; readers of Parquet pass over <c>_vitgrid</c> for its underscore.</summary>
    public static BucketTarget Folder(string scheme, string bucket, string prefix) =>
        new($"{scheme}:{Scheme}{bucket}/{prefix}", bucket, $"{prefix}/", $"{prefix}/_vitgrid/", null);

    /// <summary>One object at the end, its parts below <c>KEY.parts/</c>.</summary>
    public static BucketTarget Object(string scheme, string bucket, string key) =>
        new($"{scheme}:{Scheme}{bucket}/{key}", bucket, $"{key}.parts/", $"{key}.parts/", key);

    /// <summary>An object of it, as messages name it.</summary>
    public string UriOf(string key) => $"{Scheme}{Bucket}/{key}";

    [GeneratedRegex(@"\As3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/([^;?#\p{C}\\]{1,800})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Whole();
}
