namespace VitGrid.Server.Verbs.Models;

/// <summary>Finds the folder that a user means by a model's name, folder or Hugging Face id. Never downloads.</summary>
internal sealed class ModelLocator(ModelRoots roots)
{
    /// <summary>Every bundled and imported model, sorted by name. An imported one hides a bundled one of the same name.</summary>
    public IReadOnlyList<LocatedModel> Known() =>
    [
        .. FoldersIn(roots.Imported, ModelOrigin.Imported).Concat(FoldersIn(roots.Bundled, ModelOrigin.Bundled))
            .DistinctBy(model => model.Name, StringComparer.Ordinal)
            .OrderBy(model => model.Name, StringComparer.Ordinal),
    ];

    /// <summary>The model that <paramref name="wanted"/> names; null means the default one.</summary>
    /// <exception cref="VerbException">There is none; the message lists the known ones and says how to add one.</exception>
    public LocatedModel Find(string? wanted)
    {
        wanted ??= ModelRoots.DefaultModel;
        if (Known().FirstOrDefault(model => model.Name == wanted) is { } known)
            return known;
        if (Directory.Exists(wanted))
            return InFolder(wanted);
        if (HubId.TryParse(wanted, out HubId? id))
            return InHubCache(id);
        throw new VerbException($"model '{wanted}' is neither a known name nor a folder. {Remedy()}");
    }

    private static LocatedModel InFolder(string folder)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        return new(Path.GetFileName(full) is { Length: > 0 } name ? name : full, full, ModelOrigin.Folder);
    }

    private LocatedModel InHubCache(HubId id)
    {
        if (roots.HubCaches.Select(id.SnapshotIn).FirstOrDefault(snapshot => snapshot is not null) is { } found)
            return new(id.Name, found, ModelOrigin.HubCache);
        throw new VerbException(
            $"model '{id}' is not in the local Hugging Face cache (looked in {string.Join(", ", roots.HubCaches)}); "
            + $"fetch it with 'hf download {id}', or name a folder that holds it. {Remedy()}");
    }

    private string Remedy() =>
        $"Known: {(Known() is { Count: > 0 } known ? string.Join(", ", known.Select(model => model.Name)) : "none")}. "
        + "Give a checkpoint's folder, or add it under a name with 'vitgrid models import DIR --name NAME'.";

    private static IEnumerable<LocatedModel> FoldersIn(string root, ModelOrigin origin) => Directory.Exists(root)
        ? Directory.EnumerateDirectories(root)
            .Where(folder => Path.GetFileName(folder)[0] != '.')
            .Select(folder => new LocatedModel(Path.GetFileName(folder), folder, origin))
        : [];
}
