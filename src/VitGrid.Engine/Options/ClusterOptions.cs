namespace VitGrid.Engine.Options;

/// <summary>How this process takes part in a grid. Without <see cref="Redis"/> it is a grid of its own, on loopback.</summary>
public sealed record ClusterOptions
{
    /// <summary>
    /// The service that every grid is an instance of, in Orleans' words: the label <c>orleans/serviceId</c> of a worker's pod.
    /// </summary>
    public const string ServiceId = "vitgrid";

    /// <summary>
    /// Redis that holds the membership table, e.g. <c>10.0.0.5:6379</c> or a StackExchange.Redis configuration; null (default): no
    /// cluster. It must keep its data when it restarts.
    /// </summary>
    public string? Redis { get; init; }

    /// <summary>
    /// Name of the grid: processes of different grids never meet, even in one Redis. Default <c>vitgrid</c>; 1–64 letters, digits,
    /// <c>-</c>, <c>_</c>, <c>.</c>.
    /// </summary>
    public string Id { get; init; } = "vitgrid";

    /// <summary>
    /// Name or address under which other processes reach this one. Default: loopback where Redis is on loopback, which is also all that is
    /// listened on then; else the address from which this machine reaches Redis.
    /// </summary>
    public string? AdvertisedHost { get; init; }

    /// <summary>Port for other silos. Default 0: any free one; range 0–65535.</summary>
    public int SiloPort { get; init; }

    /// <summary>
    /// Port for grain clients. Default 0: any free one; range 0–65535, other than <see cref="SiloPort"/> unless both are 0.
    /// </summary>
    public int GatewayPort { get; init; }

    /// <summary>Port of the data plane. Default 0: any free one; range 0–65535.</summary>
    public int DataPort { get; init; }

    /// <summary>
    /// Port under which others reach the data plane, behind a forwarder. Default 0: <see cref="DataPort"/> itself; range 0–65535.
    /// </summary>
    public int AdvertisedDataPort { get; init; }

    /// <summary>Whether processes of one machine exchange activations over a Unix socket. Default true.</summary>
    public bool UnixSocket { get; init; } = true;

    /// <summary>Time between two probes of the membership protocol, in milliseconds. Default 2,000; range 200–60,000.</summary>
    public int ProbeMilliseconds { get; init; } = 2_000;

    /// <summary>
    /// Longest time to which a probe is stretched when processes are busy, in milliseconds. Default 3,000; range 200–60,000, not below
    /// <see cref="ProbeMilliseconds"/>.
    /// </summary>
    public int MaxProbeMilliseconds { get; init; } = 3_000;

    /// <summary>Probes that may be missed before a silo is suspected. Default 2; range 1–10.</summary>
    public int MissedProbes { get; init; } = 2;

    /// <summary>
    /// Silos that must suspect another before it is declared dead. Default 2; range 1–10; with fewer silos a majority suffices.
    /// </summary>
    public int Votes { get; init; } = 2;

    /// <summary>
    /// Time for which the grains of a silo that was declared dead cannot be activated elsewhere, in milliseconds. Default 0: the grid's own
    /// epochs keep a silo that is not quite dead from doing harm. Range 0–60,000.
    /// </summary>
    public int DirectoryLeaseMilliseconds { get; init; }

    /// <summary>Time between two signs of life on an idle link of the data plane, in milliseconds. Default 250; range 50–10,000.</summary>
    public int PingMilliseconds { get; init; } = 250;

    /// <summary>
    /// Silence after which a link's peer is taken for gone, in milliseconds: its images begin again elsewhere, and if a probe finds
    /// nobody either, it is declared dead. Default 1,500; range 200–60,000, at least twice <see cref="PingMilliseconds"/>.
    /// </summary>
    public int PeerSilenceMilliseconds { get; init; } = 1_500;

    /// <summary>
    /// Longest time one batch may take through all segments before its images begin again elsewhere, in milliseconds. Once a replica has
    /// answered, ten times its slowest batch so far, but at least 10 s, if that is less. Default 600,000; range 1,000–3,600,000.
    /// </summary>
    public int BatchMilliseconds { get; init; } = 600_000;

    /// <summary>Certificates for silo, gateway and data plane; null (default): none.</summary>
    public TlsOptions? Tls { get; init; }

    /// <summary>
    /// Whether traffic may leave the machine unencrypted. Default false: without <see cref="Tls"/> the grid stays on loopback.
    /// </summary>
    public bool AllowPlaintext { get; init; }

    /// <summary>
    /// Whether this process runs in a Kubernetes pod: a silo is then named after its pod and dead when the pod is deleted, and id and
    /// address are the pod's (see the operations document). Default false.
    /// </summary>
    public bool Kubernetes { get; init; }

    /// <summary>Whether there are other processes to meet.</summary>
    public bool IsClustered => Redis is not null;
}

/// <summary>
/// Mutual TLS: every process shows a certificate and accepts only those of one authority. PEM files; read again when they change.
/// </summary>
public sealed record TlsOptions
{
    /// <summary>File of this process's certificate, its chain after it.</summary>
    public required string Certificate { get; init; }

    /// <summary>File of the certificate's private key.</summary>
    public required string Key { get; init; }

    /// <summary>File of the authority's certificates.</summary>
    public required string Authority { get; init; }
}
