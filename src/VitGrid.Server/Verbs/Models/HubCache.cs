namespace VitGrid.Server.Verbs.Models;

/// <summary>
/// Finds a model in a cache laid out by huggingface_hub: <c>models--org--name/refs/REVISION</c> holds the commit whose files lie in
/// <c>snapshots/COMMIT</c>. Never downloads.
/// </summary>
internal static class HubCache
{
    private const int MinHashDigits = 4;
    private const int MaxShown = 10;

    /// <summary>The folder that <paramref name="id"/> means in the first of <paramref name="caches"/> that holds its revision.</summary>
    /// <exception cref="VerbException">None holds the repository, the revision or the folder; the message says what is there.</exception>
    public static string Find(HubId id, IReadOnlyList<string> caches)
    {
        string[] repositories = [.. caches.Select(cache => Path.Combine(cache, id.CacheFolder)).Where(Directory.Exists)];
        return repositories.Length > 0
            ? repositories.Select(repository => Locate(repository, id)).OfType<string>().FirstOrDefault() ?? FindIn(repositories[0], id)
            : throw new VerbException(
                $"model '{id}' is not in the local Hugging Face cache (looked in {string.Join(", ", caches)}); "
                + $"fetch it with 'vitgrid models pull {id}' or 'hf download {Download(id)}', or name a folder that holds it.");
    }

    /// <summary>The folder that <paramref name="id"/> means in the cache's folder of its repository.</summary>
    /// <exception cref="VerbException">The revision or the folder is not there.</exception>
    public static string FindIn(string repository, HubId id)
    {
        if (Locate(repository, id) is { } found)
            return found;
        string[] snapshots = Snapshots(repository);
        throw new VerbException(
            $"model '{id}': revision {id.Revision} is not in {repository}, which holds {Listed(snapshots)}; "
            + (snapshots.Length > 0 ? $"name one, as {id.Repository}@{snapshots[0]}, or " : "")
            + $"fetch it with 'vitgrid models pull {id}' or 'hf download {Download(id)}'");
    }

    private static string? Locate(string repository, HubId id)
    {
        string[] snapshots = Snapshots(repository);
        foreach ((string revision, string below) in Readings(id))
        {
            if (Commit(repository, revision, snapshots) is { } commit)
                return Below(Path.Combine(repository, "snapshots", commit), below, id);
        }
        return null;
    }

    /// <summary>A revision may contain slashes, and a folder may stand behind it: the longest revision that is there is meant.</summary>
    private static IEnumerable<(string Revision, string Below)> Readings(HubId id)
    {
        string[] parts = id.Revision.Split('/');
        for (int length = parts.Length; length > 0; length--)
            yield return (string.Join('/', parts[..length]), string.Join('/', [.. parts[length..], id.Folder]).Trim('/'));
    }

    private static string? Commit(string repository, string revision, string[] snapshots)
    {
        string reference = Path.Combine(repository, "refs", revision);
        if (File.Exists(reference))
            return snapshots.FirstOrDefault(commit => commit == File.ReadAllText(reference).Trim());
        // Downloads by commit leave no branch behind.
        if (revision == HubId.DefaultRevision)
            return snapshots.Length == 1 ? snapshots[0] : null;
        string[] begun = [.. snapshots.Where(commit => commit.StartsWith(revision, StringComparison.OrdinalIgnoreCase))];
        return begun.Length == 1 && revision.Length >= MinHashDigits ? begun[0] : null;
    }

    private static string Below(string snapshot, string folder, HubId id)
    {
        string path = Path.Combine([snapshot, .. folder.Split('/', StringSplitOptions.RemoveEmptyEntries)]);
        return Directory.Exists(path)
            ? path
            : throw new VerbException($"model '{id}': there is no folder '{folder}' in {snapshot}; it holds {Listed(Names(snapshot))}");
    }

    private static string[] Snapshots(string repository) => Names(Path.Combine(repository, "snapshots"));

    private static string Download(HubId id) => id.Repository + (id.Revision == HubId.DefaultRevision ? "" : $" --revision {id.Revision}");

    private static string Listed(string[] names) => names.Length == 0
        ? "none"
        : string.Join(", ", names.Take(MaxShown)) + (names.Length > MaxShown ? ", …" : "");

    private static string[] Names(string folder) => Directory.Exists(folder)
        ? [.. Directory.EnumerateDirectories(folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)]
        : [];
}
