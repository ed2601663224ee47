using VitGrid.Indexing.Sinks.Files;
using VitGrid.S3;

namespace VitGrid.Indexing.Sinks.Buckets;

/// <summary>
/// The fate of parts in a bucket that several processes share. A part's last file is an upload that has all its bytes and is no object
/// yet; one entry, which only the first process can write, says whether the part is committed or given up. Whoever meets the entry of a
/// committed part completes the upload where that was left undone, so that a part is seen once it is committed and never before.
/// </summary>
internal sealed class BucketParts(BucketTarget target, PartFormat format, Func<S3Store> open) : IPartStore
{
    private readonly Dictionary<string, BucketEntry> _prepared = [];
    private readonly Lazy<S3Store> _store = new(open, LazyThreadSafetyMode.PublicationOnly);

    /// <inheritdoc/>
    public string Name => target.Name;

    /// <inheritdoc/>
    public string Kind => "bucket";

    /// <inheritdoc/>
    public string Place => target.UriOf(target.Parts);

    /// <inheritdoc/>
    public IStateFiles State => Objects;

    private StateObjects Objects => new(target, _store);

    private BucketEntries Entries => new(Objects);

    /// <inheritdoc/>
    public PartItems Items => new(Objects);

    /// <inheritdoc/>
    public string? Objection => null;

    /// <inheritdoc/>
    public async Task<string?> FindForeignAsync(CancellationToken cancellationToken)
    {
        if (target.Joined is { } joined && await _store.Value.TryFindAsync(target.Bucket, joined, cancellationToken) is { } found)
            return $"{found}";
        await foreach (S3Object listed in _store.Value.ListAsync(target.Bucket, target.Parts, cancellationToken))
        {
            string name = listed.Key[target.Parts.Length..];
            if (!name.Contains('/', StringComparison.Ordinal) && name.EndsWith(format.Last.Extension, StringComparison.Ordinal))
                return $"{listed}";
        }
        return null;
    }

    /// <inheritdoc/>
    public async Task ProbeAsync(CancellationToken cancellationToken)
    {
        string probe = $".probe-{Guid.NewGuid():N}";
        bool isKept = await Objects.TryCreateAsync(probe, [1], cancellationToken)
            && !await Objects.TryCreateAsync(probe, [2], cancellationToken);
        await Objects.DeleteAsync(probe, cancellationToken);
        if (!isKept)
        {
            throw new SinkException(SinkFault.Refused, $"{target.Name}: the store overwrites an object that is to be new (If-None-Match), "
                + "so that two workers could commit one part; use a store that keeps to it, or a newer version of this one");
        }
    }

    /// <inheritdoc/>
    public async Task<PartFate> FateAsync(string part, CancellationToken cancellationToken) =>
        await Entries.FindAsync(part, cancellationToken) switch
        {
            null => PartFate.Open,
            { Committed: not null } entry when await TryCompleteAsync(entry, cancellationToken) => PartFate.Committed,
            _ => PartFate.Aborted,
        };

    /// <inheritdoc/>
    public async Task WriteAsync(string part, SinkSchema schema, IReadOnlyList<SinkRow> rows, CancellationToken cancellationToken)
    {
        List<ManifestFile> files = [];
        S3Pending? last = null;
        foreach (PartFile file in format.Files)
        {
            await using S3WriteStream upload = _store.Value.Writer.Upload(target.Bucket, KeyOf(part, file));
            await file.Write(upload, schema, rows, cancellationToken);
            if (file == format.Last)
                last = await upload.SealAsync(cancellationToken);
            else
                await upload.StoreAsync(cancellationToken);
            files.Add(new(PartNames.FileOf(part, file), upload.Length, upload.Sha256));
        }
        await Items.WriteAsync(part, rows, cancellationToken);
        _prepared[part] = new(part, rows.Count, [.. files], last) { Origins = PartOrigin.Gather(rows) };
    }

    /// <inheritdoc/>
    public async Task<bool> TryPublishAsync(string part, CancellationToken cancellationToken)
    {
        BucketEntry? own = _prepared.GetValueOrDefault(part);
        BucketEntry? decided = own is not null && await Entries.TryDecideAsync(own, cancellationToken)
            ? own : await Entries.FindAsync(part, cancellationToken);
        if (own is not null && decided?.Upload?.Upload != own.Upload!.Upload)
        {
            // Somebody has given the part up, or an earlier try of this worker has committed it: these bytes are of no use.
            await _store.Value.Writer.AbortAsync(target.Bucket, KeyOf(part, format.Last), own.Upload.Upload, cancellationToken);
            if (decided is { Committed: null })
                await EraseAsync(part, cancellationToken);
        }
        bool isThere = decided is { Committed: not null } && await TryCompleteAsync(decided, cancellationToken);
        _prepared.Remove(part);
        return isThere;
    }

    /// <inheritdoc/>
    public async Task<bool> TryAbortAsync(string part, CancellationToken cancellationToken)
    {
        if (!await Entries.TryDecideAsync(BucketEntry.GivenUp(part), cancellationToken)
            && await Entries.FindAsync(part, cancellationToken) is { Committed: not null } entry)
        {
            if (await TryCompleteAsync(entry, cancellationToken))
                return false;
            await Entries.GiveUpAsync(part, cancellationToken);
        }
        await EraseAsync(part, cancellationToken);
        return true;
    }

    /// <inheritdoc/>
    public Task WithdrawAsync(string part, CancellationToken cancellationToken) =>
        Objects.TryCreateAsync(MarkOf(part), [], cancellationToken);

    /// <inheritdoc/>
    public Task RestoreAsync(string part, CancellationToken cancellationToken) => Objects.DeleteAsync(MarkOf(part), cancellationToken);

    /// <inheritdoc/>
    public async Task EndWithdrawalAsync(string part, CancellationToken cancellationToken)
    {
        // The last file first: without it the others are no part.
        await _store.Value.Writer.DeleteAsync(target.Bucket, KeyOf(part, format.Last), cancellationToken);
        await Entries.GiveUpAsync(part, cancellationToken);
        await EraseAsync(part, cancellationToken);
        await Objects.DeleteAsync(MarkOf(part), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<ManifestPart>> ListAsync(CancellationToken cancellationToken) =>
        await ListAsync(isWithdrawn: false, cancellationToken);

    /// <inheritdoc/>
    public async Task<ImmutableArray<ManifestPart>> ListWithdrawnAsync(CancellationToken cancellationToken) =>
        await ListAsync(isWithdrawn: true, cancellationToken);

    /// <inheritdoc/>
    public async Task<ManifestFile?> JoinAsync(
        ImmutableArray<ManifestPart> parts, SinkResult? before, CancellationToken cancellationToken)
    {
        if (target.Joined is not { } joined)
            return null;
        S3Object? there = await _store.Value.TryFindAsync(target.Bucket, joined, cancellationToken);
        return before?.IsJoined(parts, there?.Length) is true
            ? before.Joined : await BucketJoin.RunAsync(target, joined, _store.Value, parts, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task SweepAsync(ImmutableArray<ManifestPart> parts, CancellationToken cancellationToken) =>
        await new BucketSweep(target, format, _store.Value, TryAbortAsync).RunAsync(parts, cancellationToken);

    /// <inheritdoc/>
    public SinkException? Describe(string doing, Exception failure) => failure is not S3Exception store ? null : new(
        store.Fault == S3Fault.Unavailable ? SinkFault.Unavailable : SinkFault.Refused,
        $"{target.Name}: cannot {doing}: {store.Message}. Nothing half-written is seen; it is tried again", store);

    private async Task<ImmutableArray<ManifestPart>> ListAsync(bool isWithdrawn, CancellationToken cancellationToken)
    {
        BucketListing listing = await BucketListing.ReadAsync(target, _store.Value, cancellationToken);
        List<ManifestPart> parts = [];
        foreach (BucketEntry entry in await Entries.FindAllAsync(listing.Entries, cancellationToken))
        {
            if (entry.Committed is not { } part || listing.IsWithdrawn(part.Part) != isWithdrawn)
                continue;
            // Of what is being taken out anything may be missing; else a part counts when all its bytes are there.
            if (isWithdrawn || listing.Has(part.Files)
                || (listing.Has(part.Files[..^1]) && await TryCompleteAsync(entry, cancellationToken)))
                parts.Add(part);
        }
        return [.. parts];
    }

    /// <summary>Whether a committed part is there, or is now that its upload was completed; false: it is lost.</summary>
    private async Task<bool> TryCompleteAsync(BucketEntry entry, CancellationToken cancellationToken)
    {
        string key = KeyOf(entry.Part, format.Last);
        S3Object? there = await _store.Value.TryFindAsync(target.Bucket, key, cancellationToken);
        return there?.Length == entry.Upload!.Bytes
            || await _store.Value.Writer.TryCompleteAsync(target.Bucket, key, entry.Upload, cancellationToken);
    }

    /// <summary>Removes a part that was given up: nobody can make it visible.</summary>
    private async Task EraseAsync(string part, CancellationToken cancellationToken)
    {
        S3Writer writer = _store.Value.Writer;
        foreach (PartFile file in format.Files)
        {
            string key = KeyOf(part, file);
            await foreach (S3OpenUpload upload in writer.ListUploadsAsync(target.Bucket, key, cancellationToken))
            {
                if (upload.Key == key)
                    await writer.AbortAsync(target.Bucket, key, upload.Upload, cancellationToken);
            }
        }
        foreach (PartFile file in format.Files[..^1])
            await writer.DeleteAsync(target.Bucket, KeyOf(part, file), cancellationToken);
        await Items.DeleteAsync(part, cancellationToken);
    }

    private string KeyOf(string part, PartFile file) => target.Parts + PartNames.FileOf(part, file);

    private static string MarkOf(string part) => $"{PartNames.Escaped(part)}{PartNames.WithdrawnEnding}";
}
