namespace VitGrid.Engine.Fetching;

/// <summary>Which hosts may be asked, by name. Pure.</summary>
public sealed class HostRules(IReadOnlyList<string> patterns)
{
    /// <summary>Whether a URL's host is among the patterns; with none, every one is.</summary>
    internal bool Allows(string host)
    {
        string name = host.TrimEnd('.');
        return patterns.Count == 0 || patterns.Any(pattern => pattern.StartsWith("*.", StringComparison.Ordinal)
            ? name.Length > pattern.Length - 1 && name.EndsWith(pattern[1..], StringComparison.OrdinalIgnoreCase)
            : name.Equals(pattern, StringComparison.OrdinalIgnoreCase));
    }
}
