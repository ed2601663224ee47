using System.Globalization;

namespace VitGrid.Server.Verbs;

/// <summary>
/// How many files this process may hold open, and how many it needs to begin with: .NET keeps two for each of its libraries.
/// </summary>
internal static class OpenFiles
{
    /// <summary>Below it libraries are not found, and the process ends in the middle with a message about them.</summary>
    public const long Least = 512;

    private const string Key = "Max open files";

    /// <summary>Says it before anything is loaded.</summary>
    /// <exception cref="VerbException">The limit is too low.</exception>
    public static void Ensure()
    {
        const string Limits = "/proc/self/limits";
        if (File.Exists(Limits) && Fault(File.ReadLines(Limits)) is { } fault)
            throw new VerbException(fault);
    }

    /// <summary>
    /// What is wrong with the limit that <paramref name="limits"/> tell, lines as Linux writes them; null when nothing is, or nothing
    /// is told.
    /// </summary>
    public static string? Fault(IEnumerable<string> limits)
    {
        string? told = limits.FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal));
        string? soft = told?[Key.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out long limit) && limit < Least
            ? $"this process may hold {limit} files open, it needs at least {Least} and one for each connection; raise the "
                + "limit, such as with ulimit -n 65536, LimitNOFILE=65536 (systemd) or --ulimit nofile=65536 (containers)"
            : null;
    }
}
