using System.Security.Cryptography;
using VitGrid.Indexing.Sinks.Files;
using VitGrid.S3;

namespace VitGrid.Indexing.Sinks.Buckets;

/// <summary>Joins parts into one object, which appears as a whole.</summary>
internal static class BucketJoin
{
    private const int RangeBytes = 4 << 20;
    // A store takes 10,000 parts of an upload.
    private const int MaxChunks = 9_000;

    /// <summary>Copies the parts one after the other, and compares the checksum of each; memory holds a range and a chunk.</summary>
    public static async Task<ManifestFile> RunAsync(
        BucketTarget target, string joined, S3Store store, ImmutableArray<ManifestPart> parts, CancellationToken cancellationToken)
    {
        long bytes = parts.Sum(part => part.Files[^1].Bytes);
        await using S3WriteStream upload = store.Writer.Upload(
            target.Bucket, joined, (int)Math.Clamp(bytes / MaxChunks, S3WriteStream.DefaultChunkBytes, int.MaxValue / 2));
        foreach (ManifestPart part in parts)
            await CopyAsync(target, store, part.Files[^1], upload, cancellationToken);
        await upload.StoreAsync(cancellationToken);
        return new(joined.Split('/')[^1], upload.Length, upload.Sha256);
    }

    private static async Task CopyAsync(
        BucketTarget target, S3Store store, ManifestFile file, S3WriteStream into, CancellationToken cancellationToken)
    {
        S3Object from = await store.FindAsync(target.Bucket, target.Parts + file.Name, cancellationToken);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long offset = 0; offset < from.Length; offset += RangeBytes)
        {
            byte[] range = await store.ReadAsync(from, offset, RangeBytes, cancellationToken);
            hash.AppendData(range);
            await into.WriteAsync(range, cancellationToken);
        }
        string read = Convert.ToHexStringLower(hash.GetCurrentHash());
        if (read != file.Sha256)
        {
            throw new SinkException(SinkFault.Refused, $"{target.Name}: {from} has the checksum {read}, and was written with "
                + $"{file.Sha256}; it was changed since: restore it");
        }
    }
}
