namespace VitGrid.Server.Verbs.Models;

/// <summary>Finds the folder that a user means by a model's name, a path or a Hugging Face id. Never downloads.</summary>
internal sealed class ModelLocator(ModelRoots roots)
{
    /// <summary>A folder with any of them holds a model; the first is what most have.</summary>
    private static readonly string[] ConfigFiles = ["config.json", "open_clip_config.json"];

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
        return FindOutside(wanted) ?? throw new VerbException($"model '{wanted}' is neither a known name nor a folder. {Remedy()}");
    }

    /// <summary>The model that a folder, a file in it or a Hugging Face id names; null when <paramref name="wanted"/> is none.</summary>
    /// <exception cref="VerbException">It is one and cannot be used; the message says what is there.</exception>
    public LocatedModel? FindOutside(string wanted)
    {
        LocatedModel? found = ModelPath.Find(wanted);
        if (found is null && HubId.TryParse(wanted, out HubId? id))
            found = new(id.Name, HubCache.Find(id, roots.HubCaches), ModelOrigin.HubCache);
        return found is null ? null : RequireConfig(found);
    }

    /// <summary>Some repositories hold their models one folder down.</summary>
    private static LocatedModel RequireConfig(LocatedModel model)
    {
        if (HasConfig(model.Directory))
            return model;
        string[] below =
        [
            .. Directory.EnumerateDirectories(model.Directory, "*", new EnumerationOptions { IgnoreInaccessible = true })
                .Where(HasConfig)
                .Order(StringComparer.Ordinal),
        ];
        return below.Length == 0
            ? model
            : throw new VerbException(
                $"{model.Directory} has no {ConfigFiles[0]}, but its folders {string.Join(", ", below.Select(Path.GetFileName))} do; "
                + $"name one, as {below[0]}");
    }

    /// <summary>Whether a folder holds a model's config, transformers', timm's or OpenCLIP's.</summary>
    internal static bool HasConfig(string folder) => ConfigFiles.Any(file => File.Exists(Path.Combine(folder, file)));

    private string Remedy() =>
        $"Known: {(Known() is { Count: > 0 } known ? string.Join(", ", known.Select(model => model.Name)) : "none")}. "
        + "Give a checkpoint's folder, or add it under a name with 'vitgrid models import DIR --name NAME'.";

    private static IEnumerable<LocatedModel> FoldersIn(string root, ModelOrigin origin) => Directory.Exists(root)
        ? Directory.EnumerateDirectories(root)
            .Where(folder => Path.GetFileName(folder)[0] != '.')
            .Select(folder => new LocatedModel(Path.GetFileName(folder), folder, origin))
        : [];
}
