using VitGrid.Tests.Golden;

namespace VitGrid.Testing;

/// <summary>What a user of Redis may do, as docs/operations.md lists it.</summary>
internal static class DocumentedRights
{
    private static readonly char[] Blanks = [' ', '\r', '\n'];

    /// <summary>The rights of a block, each an argument of <c>ACL SETUSER</c>.</summary>
    /// <param name="keys">The keys with which the block begins, such as <c>~vitgrid:*</c>.</param>
    /// <param name="prefix">What stands before every key and channel.</param>
    public static string[] Of(string keys, string prefix = "")
    {
        string page = File.ReadAllText(Path.Combine(GoldenFiles.Repository, "docs", "operations.md"));
        int begin = page.IndexOf($"\n{keys}", StringComparison.Ordinal);
        Assert.True(begin >= 0, $"docs/operations.md has no block of rights that begins with {keys}");
        string block = page[begin..page.IndexOf("```", begin, StringComparison.Ordinal)];
        return [.. block.Split(Blanks, StringSplitOptions.RemoveEmptyEntries).Select(
            right => right[0] is '~' or '&' ? $"{right[0]}{prefix}{right[1..]}" : right)];
    }
}
