using VitGrid.Indexing.Sinks.Files;
using VitGrid.S3;

namespace VitGrid.Indexing.Sinks.Buckets;

/// <summary>
/// Removes what dead processes left in a bucket: each part that was begun and not committed is given up, so that a live process whose part
/// it was writes its rows anew under another name.
/// </summary>
/// <param name="target">Where the sink's objects lie.</param>
/// <param name="format">How a part becomes files.</param>
/// <param name="store">The store.</param>
/// <param name="abort">Gives a part up, and removes what is there of it; false: it is committed.</param>
internal sealed class BucketSweep(
    BucketTarget target, PartFormat format, S3Store store, Func<string, CancellationToken, Task<bool>> abort)
{
    /// <summary>Nobody has joined for so long: the process is dead.</summary>
    private static readonly TimeSpan Abandoned = TimeSpan.FromHours(1);

    /// <summary>Removes what belongs to none of the committed <paramref name="parts"/>.</summary>
    public async Task RunAsync(ImmutableArray<ManifestPart> parts, CancellationToken cancellationToken)
    {
        BucketListing listing = await BucketListing.ReadAsync(target, store, cancellationToken);
        HashSet<string> begun = [.. listing.Items, .. listing.Files.SelectMany(PartsIn)];
        await foreach (S3OpenUpload upload in store.Writer.ListUploadsAsync(target.Bucket, target.Parts, cancellationToken))
            begun.UnionWith(PartsIn(upload.Key[target.Parts.Length..]));
        begun.ExceptWith(parts.Select(part => part.Part));
        begun.RemoveWhere(listing.IsWithdrawn);
        foreach (string part in begun)
            await abort(part, cancellationToken);
        if (target.Joined is { } joined)
            await SweepJoinedAsync(joined, cancellationToken);
    }

    private async Task SweepJoinedAsync(string joined, CancellationToken cancellationToken)
    {
        DateTime abandoned = DateTime.UtcNow - Abandoned;
        await foreach (S3OpenUpload upload in store.Writer.ListUploadsAsync(target.Bucket, joined, cancellationToken))
        {
            if (upload.Key == joined && upload.Begun < abandoned)
                await store.Writer.AbortAsync(target.Bucket, joined, upload.Upload, cancellationToken);
        }
    }

    private IEnumerable<string> PartsIn(string name) =>
        format.Files.Select(file => PartNames.PartIn(name, PartNames.Beginning, file.Extension)).OfType<string>();
}
