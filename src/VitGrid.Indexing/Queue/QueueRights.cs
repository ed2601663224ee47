using System.Text.RegularExpressions;
using StackExchange.Redis;

namespace VitGrid.Indexing.Queue;

/// <summary>Which right a user lacks, as Redis says it. Pure.</summary>
internal static partial class QueueRights
{
    /// <summary>What a command or script was refused for; null when it was not for want of a right.</summary>
    /// <param name="exception">Redis' answer.</param>
    /// <param name="script">
    /// The script that was run, null for a command: before Redis 7.2 an answer says only on which of its lines it was refused.
    /// </param>
    public static string? Describe(RedisServerException exception, string? script = null)
    {
        string said = exception.Message;
        if (!said.StartsWith("NOPERM", StringComparison.Ordinal)
            && !said.Contains("ACL failure in script", StringComparison.Ordinal)
            && !said.Contains("user executing the script can't", StringComparison.Ordinal))
        {
            return null;
        }
        string what = script is not null && Line().Match(said) is { Success: true } line
            ? string.Join(" or ", CommandsOn(script, int.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture)).Select(
                command => $"'{command}'"))
            : "";
        return $"the user lacks a right{(what.Length > 0 ? $", that to run {what} on its keys" : "")} ({said.Trim()}); "
            + "docs/operations.md lists those that the queue needs";
    }

    private static IEnumerable<string> CommandsOn(string script, int line) =>
        Call().Matches(script.Split('\n').ElementAtOrDefault(line - 1) ?? "")
            .Select(call => call.Groups[1].Value.ToLowerInvariant()).Distinct();

    [GeneratedRegex(@"@?user_script:(\d+)")]
    private static partial Regex Line();

    [GeneratedRegex(@"redis\.p?call\('([A-Z]+)'")]
    private static partial Regex Call();
}
