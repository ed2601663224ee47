namespace VitGrid.Server.Verbs;

/// <summary>The folders in which models are looked for.</summary>
/// <param name="Bundled">Models that ship beside the executable.</param>
/// <param name="Imported">The model repository: imported ones. May not exist yet.</param>
/// <param name="HubCaches">Hugging Face caches, the preferred first. May not exist.</param>
internal sealed record ModelRoots(string Bundled, string Imported, IReadOnlyList<string> HubCaches)
{
    /// <summary>The model that is used when none is named.</summary>
    public const string DefaultModel = "internvit-nano";

    /// <summary>The model that is used where words may come and none is named.</summary>
    public const string WordsModel = "clip-nano";

    /// <summary>The models that are served when none is named.</summary>
    public static IReadOnlyList<string> Served { get; } = [DefaultModel, WordsModel];

    /// <summary>
    /// The folders as the environment asks for: <c>VITGRID_HOME</c> (default: vitgrid in the user's local application data), and the hub's
    /// own variables, in which a leading <c>~/</c> means what it means to the hub's library: <c>HF_HUB_CACHE</c>,
    /// <c>HUGGINGFACE_HUB_CACHE</c>, <c>HF_HOME</c>/hub, <c>XDG_CACHE_HOME</c>/huggingface/hub, ~/.cache/huggingface/hub.
    /// </summary>
    public static ModelRoots FromEnvironment(string executableFolder, Func<string, string?> variable)
    {
        string home = Set(variable("VITGRID_HOME"))
            ?? Path.Combine(UserFolder(Environment.SpecialFolder.LocalApplicationData, ".local/share"), "vitgrid");
        string profile = UserFolder(Environment.SpecialFolder.UserProfile, ".");
        string?[] hubs =
        [
            Set(variable("HF_HUB_CACHE")),
            Set(variable("HUGGINGFACE_HUB_CACHE")),
            Set(variable("HF_HOME")) is { } hub ? Path.Combine(hub, "hub") : null,
            Set(variable("XDG_CACHE_HOME")) is { } caches ? Path.Combine(caches, "huggingface", "hub") : null,
            Path.Combine(profile, ".cache", "huggingface", "hub"),
        ];
        return new(
            Path.Combine(executableFolder, "models"),
            Path.Combine(Path.GetFullPath(home), "models"),
            [.. hubs.OfType<string>().Select(folder => Expanded(folder, profile)).Distinct()]);
    }

    private static string Expanded(string folder, string profile) =>
        Path.GetFullPath(folder.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(profile, folder[2..]) : folder);

    private static string? Set(string? value) => string.IsNullOrWhiteSpace(value) ? null : value;

    // Without HOME, as in some services, the special folders are empty.
    private static string UserFolder(Environment.SpecialFolder folder, string otherwise) =>
        Environment.GetFolderPath(folder, Environment.SpecialFolderOption.DoNotVerify) is { Length: > 0 } path
            ? path : Path.GetFullPath(otherwise);
}
