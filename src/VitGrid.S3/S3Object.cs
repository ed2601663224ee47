namespace VitGrid.S3;

/// <summary>An object as it was when it was listed.</summary>
/// <param name="Bucket">Its bucket.</param>
/// <param name="Key">Its key.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Tag">Its ETag, without quotes: another one is another version.</param>
public sealed record S3Object(string Bucket, string Key, long Length, string Tag)
{
    /// <summary><c>s3://bucket/key</c>.</summary>
    public override string ToString() => $"s3://{Bucket}/{Key}";

    /// <summary>An object as a store tells of it.</summary>
    /// <exception cref="S3Exception">The store tells no version apart from another.</exception>
    internal static S3Object From(string bucket, string key, long length, string? tag) => Bare(tag) is { Length: > 0 } bare
        ? new(bucket, key, length, bare)
        : throw new S3Exception(S3Fault.Refused, $"s3://{bucket}/{key}: the store names no ETag, so that one version could not be told "
            + "from another; read it from a store that does");

    /// <summary>An ETag without quotes.</summary>
    internal static string Bare(string? tag) => tag?.Trim('"') ?? "";
}
