using VitGrid.Engine.Options;

namespace VitGrid.Server.Hosting.Options;

/// <summary>Reads section <c>VitGrid:Cluster</c>.</summary>
internal static class ClusterReader
{
    /// <param name="section">The section.</param>
    /// <param name="role">This process's part of the grid.</param>
    /// <param name="variable">The environment.</param>
    public static ClusterOptions Read(SectionReader section, GridRole role, Func<string, string?> variable)
    {
        ClusterOptions read = Read(section, new());
        return read.Kubernetes ? KubernetesPod.Over(read, section, role, variable) : read;
    }

    private static ClusterOptions Read(SectionReader section, ClusterOptions standard) => new()
    {
        Redis = section.Text("Redis"),
        Id = section.Text("Id") ?? standard.Id,
        AdvertisedHost = section.Text("AdvertisedHost"),
        SiloPort = Port(section, "SiloPort"),
        GatewayPort = Port(section, "GatewayPort"),
        DataPort = Port(section, "DataPort"),
        AdvertisedDataPort = Port(section, "AdvertisedDataPort"),
        UnixSocket = section.Flag("UnixSocket", standard.UnixSocket),
        ProbeMilliseconds = section.Integer("ProbeMilliseconds", standard.ProbeMilliseconds, 200, 60_000),
        MaxProbeMilliseconds = section.Integer("MaxProbeMilliseconds", standard.MaxProbeMilliseconds, 200, 60_000),
        MissedProbes = section.Integer("MissedProbes", standard.MissedProbes, 1, 10),
        Votes = section.Integer("Votes", standard.Votes, 1, 10),
        DirectoryLeaseMilliseconds = section.Integer("DirectoryLeaseMilliseconds", standard.DirectoryLeaseMilliseconds, 0, 60_000),
        PingMilliseconds = section.Integer("PingMilliseconds", standard.PingMilliseconds, 50, 10_000),
        PeerSilenceMilliseconds = section.Integer("PeerSilenceMilliseconds", standard.PeerSilenceMilliseconds, 200, 60_000),
        BatchMilliseconds = section.Integer("BatchMilliseconds", standard.BatchMilliseconds, 1_000, 3_600_000),
        Tls = section.Section("Tls", ReadTls),
        AllowPlaintext = section.Flag("AllowPlaintext", standard.AllowPlaintext),
        Kubernetes = section.Flag("Kubernetes", standard.Kubernetes),
    };

    private static int Port(SectionReader section, string key) => section.Integer(key, 0, 0, 65_535);

    private static TlsOptions? ReadTls(SectionReader section)
    {
        string? certificate = section.Text("Certificate"), key = section.Text("Key"), authority = section.Text("Authority");
        if (certificate is null && key is null && authority is null)
            return null;
        foreach ((string part, _) in new[] { ("Certificate", certificate), ("Key", key), ("Authority", authority) }.Where(
            pair => pair.Item2 is null))
            section.Reject(part, "is missing; Tls takes Certificate, Key and Authority together, each a PEM file");
        return new() { Certificate = certificate ?? "", Key = key ?? "", Authority = authority ?? "" };
    }
}
