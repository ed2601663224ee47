using System.IO.Enumeration;

namespace VitGrid.Indexing.Submission;

/// <summary>
/// Files that a pattern names: <c>*</c> and <c>?</c> within a name, <c>**</c> for folders, none or more. Hidden names only where the
/// pattern has the dot.
/// </summary>
internal static class Glob
{
    /// <summary>The folder above the first wildcard.</summary>
    public static string Root(string pattern) => Split(pattern).Root;

    /// <summary>The files, sorted within each folder, as the pattern would write them, and the places that cannot be read.</summary>
    public static IEnumerable<WalkedFile> Files(string pattern)
    {
        (string root, string[] parts) = Split(pattern);
        return Directory.Exists(root) ? Match(root, parts) : [];
    }

    private static (string Root, string[] Parts) Split(string pattern)
    {
        string[] all = pattern.Split('/');
        int first = Array.FindIndex(all, part => part.AsSpan().ContainsAny('*', '?'));
        string root = string.Join('/', all[..first]);
        return (root.Length > 0 ? root : pattern.StartsWith('/') ? "/" : ".", all[first..]);
    }

    private static IEnumerable<WalkedFile> Match(string folder, string[] parts)
    {
        if (parts[0] == "**")
        {
            if (parts.Length == 1)
                return Match(folder, ["**", "*"]);
            IEnumerable<WalkedFile> here = Match(folder, parts[1..]);
            return here.Concat(Named(folder, "*").Where(inner => inner is { IsFolder: true, IsLink: false }).SelectMany(
                inner => Match(inner.Path, parts)));
        }
        return parts.Length == 1
            ? Named(folder, parts[0]).Where(entry => !entry.IsFolder).Select(file => new WalkedFile(file.Path, file.Fault))
            : Named(folder, parts[0]).SelectMany(inner => inner.IsFolder ? Match(inner.Path, parts[1..]) : Faults(inner));
    }

    private static IEnumerable<WalkedFile> Faults(WalkedEntry entry) => entry.Fault is { } fault ? [new(entry.Path, fault)] : [];

    /// <summary>A place that cannot be read is given whatever its name: the pattern may mean it.</summary>
    private static IEnumerable<WalkedEntry> Named(string folder, string name) => ImageWalk.Entries(folder, hidden: true)
        .Where(entry => entry.Fault is not null || IsMatch(name, Path.GetFileName(entry.Path)))
        .Select(entry => folder == "." && entry.Fault is null ? entry with { Path = Path.GetFileName(entry.Path) } : entry);

    private static bool IsMatch(string pattern, string name) =>
        FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false) && (name[0] != '.' || pattern[0] == '.');
}
