using System.Diagnostics.CodeAnalysis;

namespace VitGrid.Server.Verbs.Models;

/// <summary>
/// A model of the Hugging Face hub: <c>organisation/name</c>, optionally with a folder inside it and a revision,
/// <c>organisation/name/folder@revision</c>. Also read as people copy it: behind <c>hf-hub:</c> or <c>hf://</c>, as the address of one of
/// its pages or files, and as the cache's folder <c>models--organisation--name</c>.
/// </summary>
/// <param name="Organisation">The owner; empty for the hub's few models without one.</param>
/// <param name="Name">The repository's name.</param>
/// <param name="Revision">A branch, tag, commit or the beginning of one; what follows its first slash may be the folder.</param>
/// <param name="Folder">The folder inside the repository; empty for its root.</param>
internal sealed record HubId(string Organisation, string Name, string Revision = HubId.DefaultRevision, string Folder = "")
{
    public const string DefaultRevision = "main";

    private const string CachePrefix = "models--";

    private static readonly string[] Schemes = ["hf-hub:", "hf_hub:", "hf://"];
    private static readonly string[] Hosts = ["huggingface.co", "www.huggingface.co", "hf.co", "hf-mirror.com"];
    private static readonly string[] Pages = ["tree", "blob", "resolve", "raw"];

    /// <summary>The repository's id on the hub.</summary>
    public string Repository => Organisation.Length == 0 ? Name : $"{Organisation}/{Name}";

    /// <summary>The repository's folder in a cache laid out by huggingface_hub.</summary>
    public string CacheFolder => CachePrefix + (Organisation.Length == 0 ? Name : $"{Organisation}--{Name}");

    public static bool TryParse(string text, [NotNullWhen(true)] out HubId? id)
    {
        id = TryParseCacheFolder(text, out HubId? cached) ? cached
            : PathOnHub(text) is { } path ? FromAddress(path)
            : FromId(WithoutScheme(text));
        return id is not null;
    }

    /// <summary>Reads the name of a repository's folder in a cache.</summary>
    public static bool TryParseCacheFolder(string folder, [NotNullWhen(true)] out HubId? id)
    {
        string[] parts = folder.StartsWith(CachePrefix, StringComparison.Ordinal) ? folder[CachePrefix.Length..].Split("--", 2) : [];
        id = parts.Length > 0 && parts.All(IsPart) ? new(parts.Length == 2 ? parts[0] : "", parts[^1]) : null;
        return id is not null;
    }

    public override string ToString() =>
        Repository + (Folder.Length > 0 ? $"/{Folder}" : "") + (Revision == DefaultRevision ? "" : $"@{Revision}");

    private static string WithoutScheme(string text) =>
        text[(Schemes.FirstOrDefault(scheme => text.StartsWith(scheme, StringComparison.Ordinal))?.Length ?? 0)..];

    private static HubId? FromId(string text)
    {
        string[] revision = text.Split('@');
        string[] parts = revision[0].Split('/');
        IEnumerable<string> all = parts.Concat(revision.Skip(1).SelectMany(given => given.Split('/')));
        return parts.Length >= 2 && revision.Length <= 2 && all.All(IsPart)
            ? new(parts[0], parts[1], revision.ElementAtOrDefault(1) ?? DefaultRevision, string.Join('/', parts[2..]))
            : null;
    }

    /// <summary>From <c>organisation/name</c>, <c>…/tree/revision/folder</c> or <c>…/blob/revision/folder/file</c>.</summary>
    private static HubId? FromAddress(string path)
    {
        string[] parts = [.. path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString)];
        if (parts is [var organisation, var name])
            return FromId($"{organisation}/{(name.EndsWith(".git", StringComparison.Ordinal) ? name[..^4] : name)}");
        if (parts.Length < 4 || !Pages.Contains(parts[2]))
            return null;
        string[] folder = parts[2] == "tree" || parts.Length == 4 ? parts[4..] : parts[4..^1];
        return FromId(string.Join('/', [parts[0], parts[1], .. folder]) + $"@{parts[3]}");
    }

    /// <summary>What stands after the host of an address of the hub, without query and fragment; null when it is none.</summary>
    private static string? PathOnHub(string text)
    {
        int scheme = text.IndexOf("://", StringComparison.Ordinal);
        string address = (scheme is 4 or 5 ? text[(scheme + 3)..] : text).Split('?', '#')[0];
        string[] parts = address.Split('/', 2);
        return parts.Length == 2 && Hosts.Contains(parts[0], StringComparer.OrdinalIgnoreCase) ? parts[1] : null;
    }

    private static bool IsPart(string part) =>
        part.Length > 0 && part[0] != '.' && part.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.');
}
