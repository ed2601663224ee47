using System.Diagnostics.CodeAnalysis;

namespace VitGrid.Server.Verbs.Models;

/// <summary>A Hugging Face model id, <c>organisation/name</c>, optionally with a revision: <c>organisation/name@revision</c>.</summary>
internal sealed record HubId(string Organisation, string Name, string Revision)
{
    public static bool TryParse(string text, [NotNullWhen(true)] out HubId? id)
    {
        string[] revision = text.Split('@');
        string[] parts = revision[0].Split('/');
        id = parts.Length == 2 && revision.Length <= 2 && parts.All(IsPart) && revision.Skip(1).All(IsRevision)
            ? new(parts[0], parts[1], revision.ElementAtOrDefault(1) ?? "main")
            : null;
        return id is not null;
    }

    /// <summary>
    /// The folder of the id's revision in a cache laid out by huggingface_hub (<c>models--org--name/refs/REV</c> holds the
    /// commit whose files lie in <c>snapshots/COMMIT</c>); null when it is not there.
    /// </summary>
    public string? SnapshotIn(string cache)
    {
        string model = Path.Combine(cache, $"models--{Organisation}--{Name}");
        string reference = Path.Combine(model, "refs", Revision);
        string commit = File.Exists(reference) ? File.ReadAllText(reference).Trim() : Revision;
        string snapshot = Path.Combine(model, "snapshots", commit);
        return IsPart(commit) && Directory.Exists(snapshot) ? snapshot : null;
    }

    public override string ToString() => Revision == "main" ? $"{Organisation}/{Name}" : $"{Organisation}/{Name}@{Revision}";

    private static bool IsPart(string part) =>
        part.Length > 0 && part[0] != '.' && part.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.');

    private static bool IsRevision(string revision) => revision.Split('/').All(IsPart);
}
