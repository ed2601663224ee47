using VitGrid.Engine.Options;
using VitGrid.Transport;

namespace VitGrid.Cluster.Options;

/// <summary>The certificates of a process as the data plane reads them.</summary>
internal static class ClusterTls
{
    /// <summary>The files of <paramref name="tls"/>.</summary>
    public static DataPlaneTls Files(this TlsOptions tls) => new(tls.Certificate, tls.Key, tls.Authority);
}
