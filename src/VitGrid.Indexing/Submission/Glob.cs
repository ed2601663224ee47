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

    /// <summary>The files, sorted within each folder, as the pattern would write them.</summary>
    public static IEnumerable<string> Files(string pattern)
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

    private static IEnumerable<string> Match(string folder, string[] parts)
    {
        if (parts[0] == "**")
        {
            if (parts.Length == 1)
                return Match(folder, ["**", "*"]);
            IEnumerable<string> here = Match(folder, parts[1..]);
            return here.Concat(Named(folder, "*", Directory.EnumerateDirectories).Where(
                inner => new DirectoryInfo(inner).LinkTarget is null).SelectMany(inner => Match(inner, parts)));
        }
        return parts.Length == 1
            ? Named(folder, parts[0], Directory.EnumerateFiles)
            : Named(folder, parts[0], Directory.EnumerateDirectories).SelectMany(inner => Match(inner, parts[1..]));
    }

    private static IEnumerable<string> Named(string folder, string name, Func<string, IEnumerable<string>> entries) => entries(folder)
        .Where(path => FileSystemName.MatchesSimpleExpression(
            name, Path.GetFileName(path), ignoreCase: false) && (Path.GetFileName(path)[0] != '.' || name[0] == '.'))
        .Select(path => folder == "." ? Path.GetFileName(path) : path)
        .Order(StringComparer.Ordinal);
}
