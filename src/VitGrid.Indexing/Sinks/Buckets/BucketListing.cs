using VitGrid.Indexing.Sinks.Files;
using VitGrid.S3;

namespace VitGrid.Indexing.Sinks.Buckets;

/// <summary>The objects of a sink, as a store lists them.</summary>
internal sealed class BucketListing
{
    private readonly Dictionary<string, long> _files = new(StringComparer.Ordinal);
    private readonly HashSet<string> _withdrawn = new(StringComparer.Ordinal);

    private BucketListing()
    {
    }

    /// <summary>Parts of which a fate was decided.</summary>
    public List<string> Entries { get; } = [];

    /// <summary>Parts whose items lie beside the manifest.</summary>
    public List<string> Items { get; } = [];

    /// <summary>Names of files of parts.</summary>
    public IEnumerable<string> Files => _files.Keys;

    /// <summary>Lists them.</summary>
    public static async Task<BucketListing> ReadAsync(BucketTarget target, S3Store store, CancellationToken cancellationToken)
    {
        BucketListing listing = new();
        await foreach (S3Object found in store.ListAsync(target.Bucket, target.Parts + PartNames.Beginning, cancellationToken))
            listing._files[found.Key[target.Parts.Length..]] = found.Length;
        await foreach (S3Object found in store.ListAsync(target.Bucket, target.State, cancellationToken))
            listing.Add(found.Key[target.State.Length..]);
        return listing;
    }

    /// <summary>Whether these files are there with all their bytes.</summary>
    public bool Has(IEnumerable<ManifestFile> files) =>
        files.All(file => _files.TryGetValue(file.Name, out long bytes) && bytes == file.Bytes);

    /// <summary>Whether a part is being taken out.</summary>
    public bool IsWithdrawn(string part) => _withdrawn.Contains(part);

    private void Add(string name)
    {
        if (PartNames.PartIn(name, "", PartNames.EntryEnding) is { } entry)
            Entries.Add(entry);
        else if (PartNames.PartIn(name, "", PartNames.WithdrawnEnding) is { } withdrawn)
            _withdrawn.Add(withdrawn);
        else if (PartNames.PartIn(name, "", PartItems.Ending) is { } items)
            Items.Add(items);
    }
}
