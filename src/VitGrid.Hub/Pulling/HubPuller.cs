using VitGrid.Hub.Cache;
using VitGrid.Hub.Http;
using VitGrid.Hub.Listing;
using VitGrid.Hub.Selection;

namespace VitGrid.Hub.Pulling;

/// <summary>
/// Fetches models from the Hugging Face hub into its cache, which Python's library reads and writes too: only the files that are needed,
/// each from where it was cut, checked by the hub's checksum, several at once.
/// </summary>
public sealed class HubPuller : IDisposable
{
    private readonly HubSettings _settings;
    private readonly HubHttp _http;

    /// <summary>Creates a puller.</summary>
    public HubPuller(HubSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _settings = settings;
        _http = new(settings);
    }

    /// <summary>Told what happens, a line each.</summary>
    public Action<string> Say { get; init; } = static _ => { };

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>Fetches what is missing of a model.</summary>
    /// <param name="repository">Its id, such as <c>org/name</c>.</param>
    /// <param name="revision">A branch, a tag or a commit.</param>
    /// <param name="folder">The folder inside the repository; empty: its root.</param>
    /// <param name="progress">Told how far it is; called on several threads.</param>
    /// <param name="cancellationToken">Gives up; the next pull goes on from there.</param>
    /// <exception cref="HubException">It cannot be fetched; the message says what helps.</exception>
    public async Task<PullResult> PullAsync(
        string repository, string revision, string folder, Action<PullProgress> progress, CancellationToken cancellationToken)
    {
        if (_settings.IsOffline)
            throw new HubException(
                $"{_settings.OfflineVariable} is set, so {repository} is not fetched; unset it, or serve what {_settings.Cache} holds");
        CacheFolder cache = new(_settings.Cache, repository);
        HubRevision found = await new HubListing(_http, _settings).ReadAsync(repository, revision, cancellationToken);
        NeededFiles needed = new(found, folder);
        PullCount count = new(progress);
        IReadOnlyList<HubFile> first = needed.First();
        await FetchAsync(found, cache, first, count, cancellationToken);
        HubFile[] all = [.. first.Concat(needed.Rest(file => File.OpenRead(cache.Content(found.Commit, file)))).Distinct()];
        Say($"{repository} at {found.Commit[..8]}: {all.Length} of {found.Files.Count} files are needed");
        await FetchAsync(found, cache, [.. all.Except(first)], count, cancellationToken);
        // A snapshot that is there is whole.
        foreach (HubFile file in all.Where(file => !cache.Has(found.Commit, file)))
            cache.Point(found.Commit, file);
        cache.Refer(revision, found.Commit);
        string snapshot = Path.Combine([cache.Snapshot(found.Commit), .. folder.Split('/', StringSplitOptions.RemoveEmptyEntries)]);
        return new(found.Commit, snapshot, all.Length, all.Sum(file => file.Bytes), count.Fetched);
    }

    private async Task FetchAsync(
        HubRevision revision, CacheFolder cache, IReadOnlyList<HubFile> files, PullCount count, CancellationToken cancellationToken)
    {
        count.Expect(files);
        EnsureSpace(cache, files);
        BlobDownload download = new(_http, _settings, cache, revision);
        ParallelOptions options = new() { MaxDegreeOfParallelism = _settings.Parallel, CancellationToken = cancellationToken };
        // The largest go first, so that none is left alone at the end.
        await Parallel.ForEachAsync(files.OrderByDescending(file => file.Bytes), options, async (file, stop) =>
        {
            if (CacheFolder.LengthOf(cache.Blob(file)) == file.Bytes || cache.Has(revision.Commit, file))
                count.Move(file.Bytes, isFetched: false);
            else
                await download.RunAsync(file, count.Move, () => Say($"another pull fetches {file.Path}: waiting for it"), stop);
        });
    }

    private void EnsureSpace(CacheFolder cache, IReadOnlyList<HubFile> files)
    {
        long missing = files.Sum(file => CacheFolder.LengthOf(cache.Blob(file)) is { } whole && whole == file.Bytes
            ? 0 : file.Bytes - (CacheFolder.LengthOf(cache.Incomplete(file)) ?? 0));
        Directory.CreateDirectory(_settings.Cache);
        if (missing > 0 && _settings.FreeBytes(_settings.Cache) is var free && missing > free)
            throw new HubException(
                $"{missing} bytes are to be fetched and {_settings.Cache} has {free} free; make room, or set HF_HUB_CACHE to a folder on a "
                + "larger disk");
    }
}
