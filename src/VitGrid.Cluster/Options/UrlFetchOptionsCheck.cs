using System.Net;
using VitGrid.Engine.Fetching;
using VitGrid.Engine.Options;

namespace VitGrid.Cluster.Options;

/// <summary>Checks <see cref="UrlFetchOptions"/>.</summary>
public static class UrlFetchOptionsCheck
{
    internal static void Check(UrlFetchOptions options, List<string> faults)
    {
        GridOptionsCheck.InRange(faults, "UrlFetch:TimeoutMilliseconds", options.TimeoutMilliseconds, 100, 600_000);
        GridOptionsCheck.InRange(faults, "UrlFetch:MaxRedirects", options.MaxRedirects, 0, 10);
        GridOptionsCheck.InRange(faults, "UrlFetch:MaxConcurrent", options.MaxConcurrent, 1, 1_000);
        GridOptionsCheck.InRange(faults, "UrlFetch:MaxWaiting", options.MaxWaiting, 0, 100_000);
        faults.AddRange(FaultsOfLists(options).Select(fault => $"UrlFetch:{fault.Setting} {fault.Why}"));
    }

    /// <summary>What in the lists can mean nothing.</summary>
    public static IEnumerable<(string Setting, string Why)> FaultsOfLists(UrlFetchOptions options) =>
        options.Hosts.Where(host => !HostRules.IsPattern(host))
            .Select(host => (nameof(
                options.Hosts), $"holds '{host}'; it takes names such as images.example.org or *.example.org, comma-separated"))
            .Concat(options.Addresses.Where(range => !IPNetwork.TryParse(range, out _))
                .Select(range => (nameof(
                    options.Addresses), $"holds '{range}'; it takes ranges such as 10.1.0.0/16 or fd00::/8, comma-separated")))
            .Concat(options.Ports.Where(port => !IsPort(port))
                .Select(port => (nameof(options.Ports), $"holds '{port}'; it takes ports from 1 to 65535, comma-separated")));

    private static bool IsPort(string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port > 0;
}
