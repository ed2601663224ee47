using VitGrid.Cluster.Options;
using VitGrid.Engine.Options;

namespace VitGrid.Server.Hosting.Options;

/// <summary>Reads section <c>VitGrid:UrlFetch</c>.</summary>
internal static class UrlFetchReader
{
    public static UrlFetchOptions Read(SectionReader section)
    {
        UrlFetchOptions standard = new();
        UrlFetchOptions read = new()
        {
            Enabled = section.Flag("Enabled", standard.Enabled),
            AllowHttp = section.Flag("AllowHttp", standard.AllowHttp),
            Hosts = section.List("Hosts"),
            Addresses = section.List("Addresses"),
            Ports = section.List("Ports"),
            TimeoutMilliseconds = section.Integer("TimeoutMilliseconds", standard.TimeoutMilliseconds, 100, 600_000),
            MaxRedirects = section.Integer("MaxRedirects", standard.MaxRedirects, 0, 10),
            MaxConcurrent = section.Integer("MaxConcurrent", standard.MaxConcurrent, 1, 1_000),
            MaxWaiting = section.Integer("MaxWaiting", standard.MaxWaiting, 0, 100_000),
        };
        (string Setting, string Why)[] faults = [.. UrlFetchOptionsCheck.FaultsOfLists(read)];
        foreach ((string setting, string why) in faults)
            section.Reject(setting, why);
        // What cannot be read is told, and not used.
        return faults.Length == 0 ? read : standard;
    }
}
